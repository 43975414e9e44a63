//! Sends a recording to a model while its spoken answer arrives: `realtime_sound QUESTION.pcm ANSWER.pcm`. Both are
//! PCM with 24,000 samples a second, mono, 16 bits.

use std::{env, error::Error, fs};

use pollinations_ext::{Pollinations, realtime::RealtimeEvent};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [question, answer] = [1, 2].map(|at| env::args().nth(at).unwrap_or_default());
    let recording = fs::read(&question).map_err(|error| format!("{question}: {error}"))?;
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.realtime("openai/gpt-realtime-2.1").voice("alloy").manual_turns();
    let (mut sender, mut receiver) = request.connect().await?.split();

    let listening = tokio::spawn(async move {
        let mut sound = Vec::new();
        while let Some(event) = receiver.next().await {
            let event = event?;
            print!("{}", event.transcript_delta().unwrap_or_default());
            sound.extend_from_slice(event.audio_delta().map_or(&[], |piece| piece));
            if event.is_done() {
                println!();
                break;
            }
        }
        Ok::<_, pollinations_ext::Error>(sound)
    });
    for piece in recording.chunks(4800) {
        sender.send(RealtimeEvent::audio(piece)).await?; // 100 ms
    }
    sender.send(RealtimeEvent::commit_audio()).await?;
    sender.send(RealtimeEvent::respond()).await?;
    let sound = listening.await??;
    sender.close().await?;
    fs::write(&answer, &sound)?;
    println!("{answer} ({} s)", sound.len() / 48_000);
    Ok(())
}
