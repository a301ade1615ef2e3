//! The figures of a run, as a table for people and as JSON for programs.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// One measured figure.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    /// `part/what`, for example `foundation/import_orders_rate`.
    pub(crate) name: String,
    /// What was measured.
    pub(crate) value: f64,
    /// The unit of `value` and `baseline`.
    pub(crate) unit: &'static str,
    /// The limit, measured in the same run; absent for figures that stand alone.
    pub(crate) baseline: Option<f64>,
    /// `value` over `baseline`.
    pub(crate) ratio: Option<f64>,
    /// What is aimed at, in words; absent where there is no aim.
    pub(crate) target: Option<&'static str>,
    /// Whether the aim is met.
    pub(crate) met: Option<bool>,
}

impl Figure {
    /// A figure that stands alone.
    pub(crate) fn new(name: &str, value: f64, unit: &'static str) -> Self {
        let name = name.to_owned();
        Self {
            name,
            value,
            unit,
            baseline: None,
            ratio: None,
            target: None,
            met: None,
        }
    }

    /// Compared with a limit of the same run.
    pub(crate) fn against(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self.ratio = Some(self.value / baseline);
        self
    }

    /// With an aim.
    pub(crate) fn aiming(mut self, target: &'static str, met: impl FnOnce(&Self) -> bool) -> Self {
        self.target = Some(target);
        self.met = Some(met(&self));
        self
    }
}

/// All figures of a run.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Figure>);

impl Report {
    pub(crate) fn add(&mut self, figure: Figure) {
        self.0.push(figure);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the figures as a JSON list.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(path, serde_json::to_vec_pretty(&self.0)?)?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = [
            "name", "value", "unit", "baseline", "ratio", "target", "met",
        ];
        let [name, value, unit, baseline, ratio, target, met] = heads;
        writeln!(
            formatter,
            "{name:<44} {value:>12} {unit:<14} {baseline:>12} {ratio:>7}  {target:<18} {met}"
        )?;
        for figure in &self.0 {
            writeln!(
                formatter,
                "{:<44} {:>12.2} {:<14} {:>12} {:>7}  {:<18} {}",
                figure.name,
                figure.value,
                figure.unit,
                figure
                    .baseline
                    .map_or_else(String::new, |baseline| format!("{baseline:.2}")),
                figure
                    .ratio
                    .map_or_else(String::new, |ratio| format!("{ratio:.3}")),
                figure.target.unwrap_or_default(),
                figure.met.map_or("", |met| if met { "yes" } else { "NO" }),
            )?;
        }
        Ok(())
    }
}
