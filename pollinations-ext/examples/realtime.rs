//! Talks to a model over a WebSocket, in text. Each line of the input is a turn.

use std::{error::Error, io};

use pollinations_ext::{Pollinations, realtime::RealtimeEvent};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.realtime("openai/gpt-realtime-2.1").instructions("Be brief.").text_only();
    let mut session = request.connect().await?;
    for line in io::stdin().lines() {
        session.say(line?).await?;
        session.send(RealtimeEvent::respond()).await?;
        while let Some(event) = session.next().await {
            let event = event?;
            if let Some(error) = event.error() {
                return Err(error.into());
            }
            print!("{}", event.text_delta().unwrap_or_default());
            if event.is_done() {
                println!();
                break;
            }
        }
    }
    session.close().await?;
    Ok(())
}
