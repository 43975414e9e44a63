//! A web application that signs in users. It stores the state and the verifier in the user's session during the
//! redirect.

use std::{collections::HashMap, env, error::Error, sync::Mutex};

use axum::{
    Router,
    extract::State as Shared,
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Redirect},
    routing::get,
};
use pollinations_ext::byop::{CodeFlow, Permission, Server, State, Verifier};

/// Sessions by browser cookie. A real application uses a session store.
struct App {
    flow: CodeFlow,
    server: Server,
    sessions: Mutex<HashMap<String, (State, Verifier)>>,
}

impl App {
    /// The same flow with a new state and verifier.
    fn begin(&self) -> Result<CodeFlow, pollinations_ext::Error> {
        Ok(self.flow.clone().with_state(State::new()?).with_verifier(Verifier::new()?))
    }
}

type Answer = Result<axum::response::Response, String>;

async fn sign_in(Shared(app): Shared<std::sync::Arc<App>>) -> Answer {
    let begin = || {
        let (flow, session) = (app.begin()?, State::new()?.to_string());
        let kept = (flow.state()?.clone(), flow.verifier()?.clone());
        app.sessions.lock().unwrap().insert(session.clone(), kept);
        Ok((format!("session={session}; HttpOnly; SameSite=Lax; Path=/"), flow.url()?))
    };
    let (cookie, link) = begin().map_err(|error: pollinations_ext::Error| error.to_string())?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&link)).into_response())
}

async fn back(Shared(app): Shared<std::sync::Arc<App>>, headers: HeaderMap, address: Uri) -> Answer {
    let cookie = headers.get(header::COOKIE).and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
    let session = cookie.split("; ").find_map(|cookie| cookie.strip_prefix("session=")).unwrap_or_default();
    // Removed, so that each sign-in can only be completed once.
    let kept = app.sessions.lock().unwrap().remove(session);
    let (state, verifier) = kept.ok_or("This sign-in is not under way. Please start again.")?;
    let flow = app.flow.clone().with_state(state).with_verifier(verifier);
    let grant = flow.finish(address.query().unwrap_or_default()).await.map_err(|error| error.to_string())?;
    let user = app.server.user_info(grant.key()).await.map_err(|error| error.to_string())?;
    // A real application stores `grant.key()` with the user's account, on the server.
    Ok(format!("Hello {}", user.preferred_username.unwrap_or(user.sub)).into_response())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let enter = env::var("POLLINATIONS_BASE_URL").unwrap_or_else(|_| "https://enter.pollinations.ai".to_owned());
    let server = Server::discover(enter).await?;
    let app_key = env::var("POLLINATIONS_APP_KEY").unwrap_or_else(|_| "pk_example".to_owned());
    let flow = CodeFlow::new(app_key.parse()?, format!("{url}/back"));
    let flow = flow.permissions([Permission::Profile]).server(server.clone());
    let app = std::sync::Arc::new(App { flow, server, sessions: Mutex::default() });
    println!("Please visit {url}/");
    Ok(axum::serve(listener, Router::new().route("/", get(sign_in)).route("/back", get(back)).with_state(app)).await?)
}
