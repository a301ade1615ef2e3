use chassis::Refusal;
use chassis::paging::PageTokens;
use contract::patron::loyalty::v1 as contract;
use contract::simulation_service_server::SimulationService;
use tonic::{Request, Response, Status};

use super::paging::{List, size};
use crate::app::runs::{RunError, Runs};
use crate::app::{Call, Loyalty, runs, simulation};
use crate::store::runs::Kind;
use crate::wire;

const LIST: &str = "patron.loyalty.v1.SimulationService/ListSimulations";

/// Simulations.
pub(crate) struct Simulations {
    pub(crate) loyalty: Loyalty,
    pub(crate) runs: Runs,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl SimulationService for Simulations {
    async fn simulate_rating(
        &self,
        request: Request<contract::SimulateRatingRequest>,
    ) -> Result<Response<contract::SimulateRatingResponse>, Status> {
        let rated = simulation::rate(&self.loyalty, request.into_inner()).await;
        Ok(Response::new(rated?))
    }

    async fn create_simulation(
        &self,
        request: Request<contract::CreateSimulationRequest>,
    ) -> Result<Response<contract::Simulation>, Status> {
        let call = Call::of(&request)?;
        let request = request.into_inner();
        simulation::create(&self.loyalty, &self.runs, &call, request).await
    }

    async fn get_simulation(
        &self,
        request: Request<contract::GetSimulationRequest>,
    ) -> Result<Response<contract::Simulation>, Status> {
        let request = request.into_inner();
        let simulation_id = wire::id(&request.simulation_id, "simulation_id")?;
        let found = simulation::find(&self.loyalty, &request.program_id, simulation_id).await;
        Ok(Response::new(found.map_err(Refusal::from)?))
    }

    async fn list_simulations(
        &self,
        request: Request<contract::ListSimulationsRequest>,
    ) -> Result<Response<contract::ListSimulationsResponse>, Status> {
        let request = request.into_inner();
        let pages = List {
            tokens: &self.tokens,
            method: LIST,
            of: &request.program_id,
            filter: "",
        };
        let before = pages.start(&request.page_token)?;
        let (program_id, size) = (&request.program_id, size(request.page_size));
        let page = runs::page(&self.loyalty, Kind::Simulation, program_id, before, size).await;
        let (page, has_more) = page.map_err(Refusal::from)?;
        let next_page_token = pages.next(page.last().filter(|_| has_more).map(|run| run.run_id))?;
        let simulations: Result<_, _> = page.into_iter().map(wire::simulation::in_brief).collect();
        let simulations = simulations.map_err(RunError::from);
        Ok(Response::new(contract::ListSimulationsResponse {
            simulations: simulations.map_err(Refusal::from)?,
            next_page_token,
        }))
    }
}
