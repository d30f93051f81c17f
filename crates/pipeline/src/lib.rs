//! The binary kofu: configuration, clock, workers, stages wired together, subcommands.
