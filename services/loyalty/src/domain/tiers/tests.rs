mod examples;
mod model;
mod properties;
mod support;
