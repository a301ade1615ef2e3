mod comparison;
mod replay;
