//! All benchmarks in one program, which builds faster than a program for each. `measure sse --rounds 20` runs one.

mod calls;
mod download;
mod embeddings;
mod emulator;
mod http;
mod models;
mod normalize;
mod sse;
mod tls;
mod upload;

fn main() {
    let names = std::env::args().skip(1);
    for name in names.take_while(|name| !name.starts_with("--")) {
        match name.as_str() {
            "calls" => calls::main(),
            "download" => download::main(),
            "embeddings" => embeddings::main(),
            "emulator" => emulator::main(),
            "http" => http::main(),
            "models" => models::main(),
            "normalize" => normalize::main(),
            "sse" => sse::main(),
            "tls" => tls::main(),
            "upload" => upload::main(),
            other => panic!("there is no benchmark called {other}"),
        }
    }
}
