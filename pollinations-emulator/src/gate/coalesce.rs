//! Coalescing: identical requests share one generation.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, LINK},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::extract::Caller;
use crate::{
    base::{
        category,
        failure::{self, Failure},
        refusal::Refusal,
    },
    state::{Finished, Place, Request as Identity, State},
};

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// Query parameters that are ignored when requests are compared.
const NOT_COMPARED: &[&str] = &["key", "no-cache"];

/// Answers a request whose result is shared with identical requests: those that arrive during the generation wait for
/// it, and those that arrive later get the result from the cache. The generation continues if the client disconnects.
/// With `fresh`, the result is generated again.
pub(super) async fn shared(
    state: &State,
    request: Request,
    identity: Identity,
    fresh: bool,
    time: Option<Duration>,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let kind = category::of_path(request.uri().path());
    let mut own = Some((request, next));
    loop {
        let (mut waiting, is_joined) = match state.generations.place(identity, fresh && own.is_some()) {
            Place::Join(waiting) => (waiting, true),
            Place::Start(started, waiting) => {
                let Some((request, next)) = own.take() else { return Failure::lost().into_response() };
                tokio::spawn(async move {
                    if let Some(time) = time {
                        tokio::time::sleep(time).await;
                    }
                    started.finish(collect(next.run(request).await).await);
                });
                (waiting, false)
            }
        };
        // An error means that the generation ended without a result.
        let finished = waiting.wait_for(Option::is_some).await.ok().and_then(|finished| finished.clone());
        let Some(finished) = finished else { return Failure::lost().into_response() };
        let is_refused = finished.failure.as_ref().is_some_and(|failure| failure.refusal().is_some());
        if is_joined && is_refused {
            // The other request was refused because of its key. This one may have a better key.
            continue;
        }
        let model = finished.headers.get("x-model-used").and_then(|model| model.to_str().ok());
        if let (Some(Caller(key)), Some(model)) = (&caller, model)
            && is_joined
            && !key.allows_model(kind, model)
        {
            return Failure::refused(Refusal::Forbidden).into_response();
        }
        return respond(&finished, &identity, is_joined, &state.base_url);
    }
}

/// Answers a request that is not shared. With `time`, it takes that long, and continues if the client disconnects.
pub(super) async fn alone(request: Request, time: Option<Duration>, next: Next) -> Response {
    let Some(time) = time else { return next.run(request).await };
    let running = tokio::spawn(async move {
        tokio::time::sleep(time).await;
        next.run(request).await
    });
    running.await.unwrap_or_else(|_| Failure::lost().into_response())
}

/// What requests are compared by. The key is not part of it, since all keys belong to one account.
pub(super) fn identity(method: &str, path: &str, query: &str, body: &[u8]) -> Identity {
    let is_compared = |pair: &&str| !NOT_COMPARED.contains(&pair.split('=').next().unwrap_or_default());
    let query: Vec<&str> = query.split('&').filter(is_compared).collect();
    Identity::of(method, path, &query.join("&"), body)
}

async fn collect(mut response: Response) -> Finished {
    let failure = failure::take(&mut response);
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(body) => Finished { status: parts.status, headers: parts.headers, body, failure },
        Err(_) => Finished {
            status: StatusCode::SERVICE_UNAVAILABLE,
            headers: parts.headers,
            body: axum::body::Bytes::new(),
            failure: Some(Failure::lost()),
        },
    }
}

fn respond(finished: &Arc<Finished>, identity: &Identity, is_joined: bool, base_url: &str) -> Response {
    if let Some(failure) = &finished.failure {
        return failure.clone().into_response();
    }
    let mut response = (finished.status, Body::from(finished.body.clone())).into_response();
    let headers = response.headers_mut();
    headers.extend(finished.headers.clone());
    headers.insert(X_CACHE, HeaderValue::from_static(if is_joined { "HIT" } else { "MISS" }));
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_file = ["image/", "audio/", "video/", "application/zip"].iter().any(|media| kind.starts_with(media));
    // The public address of the result.
    let link = HeaderValue::from_str(&format!("<{base_url}/{}>; rel=\"enclosure\"", identity.id()));
    if is_file
        && finished.status.is_success()
        && let Ok(link) = link
    {
        headers.insert(LINK, link);
    }
    response
}
