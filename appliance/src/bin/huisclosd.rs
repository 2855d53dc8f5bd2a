//! The daemon of a meeting room.

use std::path::PathBuf;

use appliance::{Config, Daemon};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: appliance::memory::Allocator = appliance::memory::Allocator;

#[derive(Parser)]
#[command(name = "huisclosd", version, about = "Drives a meeting room and takes it into meetings")]
struct Arguments {
    /// The room's configuration.
    #[arg(long, default_value = "/etc/huisclos/room.toml")]
    config: PathBuf,
}

fn main() -> anyhow::Result<()> {
    appliance::memory::settle();
    run()
}

#[tokio::main]
async fn run() -> anyhow::Result<()> {
    appliance::log::start();
    appliance::memory::keep();
    let config = Config::load(&Arguments::parse().config)?;
    Daemon::start(config).await?.until_told_to_stop().await
}
