//! Reads the bodies of responses, for the generated operations.

use bytes::Bytes;
use progenitor_client::{Error, ResponseValue};
use reqwest::{Response, StatusCode, header::HeaderMap};

use super::{Read, read};

/// Receives a response and parses its body leniently.
#[doc(hidden)]
pub async fn receive<T: Read, E>(response: Response) -> Result<ResponseValue<T>, Error<E>> {
    let (status, headers, body) = whole(response).await.map_err(Error::ResponseBodyError)?;
    match read(&body) {
        Ok(value) => Ok(ResponseValue::new(value, status, headers)),
        Err(error) => Err(Error::InvalidResponsePayload(body, error)),
    }
}

async fn whole(mut response: Response) -> reqwest::Result<(StatusCode, HeaderMap, Bytes)> {
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    Ok((status, headers, response.bytes().await?))
}
