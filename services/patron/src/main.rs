//! The one binary: every role of Patron, and its tools.
//!
//! It only wires: what a role is, its own crate says; here it gets its configuration, its database
//! and its peers. The import (`import/`) is a client of the public API like any other.

mod cli;
mod client;
mod commands;
mod config;
mod customers;
mod database;
mod dev_env;
mod import;
mod output;
mod process;
mod roles;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, Export, Import, Keys};

/// A call allocates a few hundred times on whichever thread has it then: with the system's allocator
/// that is a fifth of what it costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(Cli { config, command }: Cli) -> anyhow::Result<()> {
    let config = config.as_deref();
    match command {
        Command::Up(arguments) => commands::up::run(arguments, config).await,
        Command::Serve { role } => commands::serve::role(role, config).await,
        Command::Migrate(arguments) => commands::migrate::run(arguments, config).await,
        Command::Config { defaults } => commands::show::config(config, defaults),
        Command::Openapi => commands::show::openapi(),
        Command::Import(Import::Orders(arguments)) => commands::import::orders(arguments).await,
        Command::Import(Import::Customers(arguments)) => {
            commands::customers::import(arguments).await
        }
        Command::Import(Import::Undo { import, access }) => {
            commands::customers::undo(&access, &import).await
        }
        Command::Export(Export::Customers(arguments)) => {
            commands::customers::export(arguments).await
        }
        Command::Events(command) => commands::events::run(command).await,
        Command::Loyalty(command) => commands::loyalty::run(command).await,
        Command::Audit(command) => commands::audit::run(command).await,
        Command::Access(Keys::NewKey(asked)) => commands::new_key::run(asked),
        Command::Access(Keys::NewKeyring { id }) => commands::new_keyring::run(&id),
        Command::Healthcheck { url } => commands::healthcheck::run(&url).await,
    }
}
