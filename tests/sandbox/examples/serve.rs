//! Runs a sandbox and says where: `cargo run -p sandbox --example serve -- [port] [dual] [tcp]`.

use std::io::Write;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let words: Vec<String> = std::env::args().collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    let server = sandbox::Server::start(sandbox::Config {
        http_port: words.get(1).and_then(|p| p.parse().ok()).unwrap_or(8000),
        single_peer_connection: !has("dual"),
        udp: !has("tcp"),
        api_secret: Some("secret".into()),
        ..Default::default()
    })
    .await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}{}", server.origin(), sandbox::visio::DEFAULT_ROOM)?;
    writeln!(out, "LiveKit {} for room \"salle\"", server.livekit_url())?;
    for name in ["alice", "bob"] {
        writeln!(out, "{name} {}", server.token("salle", name, name))?;
    }
    out.flush()?;
    std::future::pending::<()>().await;
    Ok(())
}
