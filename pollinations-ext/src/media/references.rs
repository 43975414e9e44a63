//! Reference files and URLs of a request.

use std::sync::Arc;

use pollinations_api::types::OneOrMany;

use super::Media;
use crate::{
    base::{error::Error, file::File},
    exchange::transport::Shared,
};

/// Reference images, videos or audio, in the order you added them.
#[derive(Clone, Debug, Default)]
pub(crate) struct References(Vec<Reference>);

#[derive(Clone, Debug)]
enum Reference {
    Url(String),
    File(File),
}

impl References {
    pub(crate) fn url(&mut self, url: String) {
        self.0.push(Reference::Url(url));
    }

    pub(crate) fn file(&mut self, file: File) {
        self.0.push(Reference::File(file));
    }

    /// Whether some references are files that have to be uploaded.
    pub(crate) fn have_files(&self) -> bool {
        self.0.iter().any(|reference| matches!(reference, Reference::File(_)))
    }

    /// Uploads the files. Afterwards, every reference is a URL.
    pub(crate) async fn upload(&mut self, shared: &Arc<Shared>) -> Result<(), Error> {
        for reference in &mut self.0 {
            if let Reference::File(file) = reference {
                let uploaded = Media::new(Arc::clone(shared)).upload(file.clone()).send().await?;
                *reference = Reference::Url(uploaded.url);
            }
        }
        Ok(())
    }

    /// The URLs, in order.
    pub(crate) fn urls(&self) -> Vec<&str> {
        self.0
            .iter()
            .filter_map(|reference| match reference {
                Reference::Url(url) => Some(url.as_str()),
                Reference::File(_) => None,
            })
            .collect()
    }

    /// The URLs as one parameter, separated by `|`, as the service expects.
    pub(crate) fn joined(&self) -> Option<String> {
        let urls = self.urls();
        (!urls.is_empty()).then(|| urls.join("|"))
    }

    /// The URLs as a JSON field: a single text, or a list.
    pub(crate) fn one_or_many(&self) -> Option<OneOrMany> {
        match *self.urls() {
            [] => None,
            [url] => Some(OneOrMany::One(url.to_owned())),
            ref urls => Some(OneOrMany::Many(urls.iter().map(|url| (*url).to_owned()).collect())),
        }
    }
}
