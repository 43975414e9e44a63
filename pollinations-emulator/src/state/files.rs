//! The files that were uploaded.

use std::{collections::HashMap, sync::Mutex};

use bytes::Bytes;

use crate::base::lock;

/// A file as it was uploaded.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its media type.
    pub(crate) kind: String,
    pub(crate) bytes: Bytes,
}

/// All files by their ids.
#[derive(Debug, Default)]
pub(crate) struct Files(Mutex<HashMap<String, File>>);

impl Files {
    /// Keeps a file; returns whether it was there before.
    pub(crate) fn store(&self, id: &str, file: File) -> bool {
        lock(&self.0).insert(id.to_owned(), file).is_some()
    }

    pub(crate) fn get(&self, id: &str) -> Option<File> {
        lock(&self.0).get(id).cloned()
    }
}
