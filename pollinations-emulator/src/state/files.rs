//! Uploaded files.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::Mutex,
};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::base::{clock, lock};

/// The length of an id in bytes, each of which is two hexadecimal digits.
const ID_BYTES: usize = 8;

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// The media type.
    pub(crate) kind: String,
    pub(crate) bytes: Bytes,
    /// The file name for downloads.
    pub(crate) name: Option<String>,
    /// The tags, each of which publishes it in a gallery.
    pub(crate) tags: Vec<String>,
}

impl File {
    /// A file without a name and tags.
    pub(crate) fn new(kind: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { kind: kind.into(), bytes: bytes.into(), name: None, tags: Vec::new() }
    }
}

/// A stored file.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) file: File,
    pub(crate) uploaded_at: String,
}

/// All files.
#[derive(Debug, Default)]
pub(crate) struct Files(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    /// By number, in upload order.
    files: BTreeMap<u64, Stored>,
    numbers: HashMap<String, u64>,
    next: u64,
}

impl Files {
    /// Stores a file under a custom id, or else under a new one. `None` if the id is taken.
    pub(crate) fn store(&self, file: File, chosen: Option<String>) -> Option<Stored> {
        let mut shelf = lock(&self.0);
        let number = shelf.next;
        let id = chosen.unwrap_or_else(|| id_of(number, &file));
        if shelf.numbers.contains_key(&id) {
            return None;
        }
        let stored = Stored { id: id.clone(), file, uploaded_at: clock::iso(0) };
        shelf.next += 1;
        shelf.numbers.insert(id, number);
        shelf.files.insert(number, stored.clone());
        Some(stored)
    }

    pub(crate) fn get(&self, id: &str) -> Option<Stored> {
        let shelf = lock(&self.0);
        shelf.files.get(shelf.numbers.get(id)?).cloned()
    }

    /// Deletes a file.
    pub(crate) fn remove(&self, id: &str) {
        let mut shelf = lock(&self.0);
        if let Some(number) = shelf.numbers.remove(id) {
            shelf.files.remove(&number);
        }
    }

    /// A page of the files with a tag, newest first: at most `limit`, and only those older than the file with the
    /// number `before`. If there are more, also returns the number of the last file of the page.
    pub(crate) fn page(&self, tag: &str, before: Option<u64>, limit: usize) -> (Vec<Stored>, Option<u64>) {
        let shelf = lock(&self.0);
        let tagged = shelf.files.range(..before.unwrap_or(u64::MAX)).rev();
        let mut tagged = tagged.filter(|(_, stored)| stored.file.tags.iter().any(|other| other == tag)).peekable();
        let (mut page, mut last) = (Vec::new(), None);
        while page.len() < limit
            && let Some((number, stored)) = tagged.next()
        {
            page.push(stored.clone());
            last = Some(*number);
        }
        (page, last.filter(|_| tagged.peek().is_some()))
    }
}

/// An id that looks random but is the same in every run. It depends on the upload number too, so equal files get
/// different ids.
fn id_of(number: u64, file: &File) -> String {
    let mut hash = Sha256::new_with_prefix(number.to_le_bytes());
    hash.update(file.bytes.get(..ID_BYTES).unwrap_or(&file.bytes));
    let mut id = String::new();
    for byte in hash.finalize().iter().take(ID_BYTES) {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(tags: &[&str]) -> File {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        File { kind: "image/png".to_owned(), bytes: Bytes::from_static(b"same"), name: None, tags }
    }

    #[test]
    fn an_id_belongs_to_one_file() {
        let files = Files::default();
        let [one, other] = [(); 2].map(|()| files.store(file(&[]), None).unwrap().id);
        assert_ne!(one, other);
        assert_eq!(files.store(file(&[]), Some("mine".to_owned())).unwrap().id, "mine");
        assert!(files.store(file(&[]), Some("mine".to_owned())).is_none());
        files.remove("mine");
        assert!(files.get("mine").is_none());
        assert!(
            files.store(file(&[]), Some("mine".to_owned())).is_some(),
            "the id of a deleted file must be free again"
        );
    }

    #[test]
    fn pages_list_every_file_once() {
        let files = Files::default();
        for number in 0..7 {
            files.store(file(if number == 3 { &["other"] } else { &["cats", "all"] }), Some(number.to_string()));
        }
        for limit in 1..9 {
            let (mut seen, mut before) = (Vec::new(), None);
            loop {
                let (page, last) = files.page("cats", before, limit);
                assert!(!page.is_empty(), "only the first page may be empty");
                seen.extend(page.into_iter().map(|stored| stored.id));
                before = last;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(seen, ["6", "5", "4", "2", "1", "0"], "page size {limit}");
        }
        assert!(files.page("none", None, 10).0.is_empty());
    }
}
