//! A file to send: from a path, from memory, or from a reader.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::error::{Error, ErrorKind};

/// The content type of unknown data (RFC 2046, section 4.5.1).
const UNKNOWN: &str = "application/octet-stream";

/// The number of bytes needed to detect the content type.
#[cfg(not(target_arch = "wasm32"))]
const BEGINNING: u64 = 8 * 1024;

/// A file to send: an image as input, a recording to transcribe, a file to upload.
///
/// The file is read when the request is sent. Its content type is detected from its first bytes, unless you set it.
/// [`Media::upload`](crate::Media::upload) streams a local file in constant memory. Other requests hold the whole file
/// in memory.
///
/// # Examples
///
/// ```
/// use pollinations_ext::File;
///
/// let from_disk = File::path("cat.png");
/// let from_memory = File::bytes(vec![0xff, 0xd8, 0xff]).name("cat.jpg").content_type("image/jpeg");
/// # let _ = (from_disk, from_memory);
/// ```
#[derive(Clone)]
pub struct File {
    source: Source,
    name: Option<String>,
    content_type: Option<String>,
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    #[cfg(not(target_arch = "wasm32"))]
    Path(std::path::PathBuf),
    /// `None` once it has been read.
    Reader(Arc<Mutex<Option<Reader>>>),
}

impl File {
    /// Sends a local file. Its name is sent too, without the folders.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use pollinations_ext::File;
    ///
    /// # async fn example(pollinations: pollinations_ext::Pollinations) -> Result<(), pollinations_ext::Error> {
    /// println!("{}", pollinations.transcribe(File::path("speech.mp3")).send().await?.text());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(not(target_arch = "wasm32"))]
    pub fn path(path: impl Into<std::path::PathBuf>) -> Self {
        Self::new(Source::Path(path.into()))
    }

    /// Sends bytes from memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// let file = File::bytes(&b"RIFF"[..]).name("speech.wav");
    /// # let _ = file;
    /// ```
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Source::Bytes(bytes.into()))
    }

    /// Sends everything from a reader. It is read to its end when the request is sent, so that the request can be
    /// retried. A reader can only be read once, so a clone of the file cannot be sent again.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_ext::File;
    ///
    /// let file = File::reader(tokio::io::stdin()).name("speech.mp3");
    /// # let _ = file;
    /// ```
    pub fn reader(reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        Self::new(Source::Reader(Arc::new(Mutex::new(Some(Box::new(reader))))))
    }

    /// Sets the file name to send. The default is the name in the path, or `file` with an extension for the content
    /// type.
    ///
    /// # Examples
    ///
    /// ```
    /// let file = pollinations_ext::File::path("tmp/7f3a").name("holiday.png");
    /// # let _ = file;
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the content type, such as `image/png`. By default it is detected from the first bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// let file = pollinations_ext::File::path("notes").content_type("text/markdown");
    /// # let _ = file;
    /// ```
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    fn new(source: Source) -> Self {
        Self { source, name: None, content_type: None }
    }

    /// Opens the file for a request that streams it. A local file stays on disk, and only its first bytes are read.
    /// Fails with [`ErrorKind::TooLarge`] if it is larger than `limit` bytes.
    pub(crate) async fn open(&self, limit: u64) -> Result<Opened, Error> {
        #[cfg(not(target_arch = "wasm32"))]
        if let Source::Path(path) = &self.source
            && let Some((beginning, size)) = look(path).await?
        {
            check(size, Some(limit))?;
            let (name, content_type) = self.identify(&beginning);
            return Ok(Opened { name, content_type, data: Data::Path { path: path.clone(), size } });
        }
        let Loaded { bytes, name, content_type } = self.load(Some(limit)).await?;
        Ok(Opened { name, content_type, data: Data::Bytes(bytes) })
    }

    /// Reads the file into memory. Fails with [`ErrorKind::TooLarge`] as soon as it exceeds `limit` bytes.
    pub(crate) async fn load(&self, limit: Option<u64>) -> Result<Loaded, Error> {
        let bytes = match &self.source {
            Source::Bytes(bytes) => bytes.clone(),
            #[cfg(not(target_arch = "wasm32"))]
            Source::Path(path) => {
                let failed = |error| Error::io(format!("cannot read {}", path.display()), error);
                let file = tokio::fs::File::open(path).await.map_err(failed)?;
                let metadata = file.metadata().await.map_err(failed)?;
                check(metadata.len(), limit)?;
                read(file, limit).await.map_err(failed)?
            }
            Source::Reader(reader) => {
                let reader = reader.lock().unwrap_or_else(PoisonError::into_inner).take();
                let reader = reader
                    .ok_or_else(|| Error::request("the reader of the file was already used; create a new `File`"))?;
                read(reader, limit).await.map_err(|error| Error::io("cannot read the file", error))?
            }
        };
        check(bytes.len() as u64, limit)?;
        let (name, content_type) = self.identify(&bytes);
        Ok(Loaded { bytes, name, content_type })
    }

    /// The name and the content type: as set by the caller, otherwise from the path and the first bytes.
    fn identify(&self, beginning: &[u8]) -> (String, Option<String>) {
        let kind = infer::get(beginning);
        let content_type = self.content_type.clone().or_else(|| kind.map(|kind| kind.mime_type().to_owned()));
        let name = self.name.clone().or_else(|| match &self.source {
            #[cfg(not(target_arch = "wasm32"))]
            Source::Path(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
            _ => None,
        });
        let name = name.unwrap_or_else(|| kind.map_or("file".to_owned(), |kind| format!("file.{}", kind.extension())));
        (name, content_type)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("File");
        match &self.source {
            Source::Bytes(bytes) => debug.field("bytes", &bytes.len()),
            #[cfg(not(target_arch = "wasm32"))]
            Source::Path(path) => debug.field("path", path),
            Source::Reader(_) => debug.field("reader", &()),
        };
        debug.field("name", &self.name).field("content_type", &self.content_type).finish()
    }
}

/// The first bytes and the size of a local file. `None` if the size is only known after reading, as with a pipe.
#[cfg(not(target_arch = "wasm32"))]
async fn look(path: &std::path::Path) -> Result<Option<(Vec<u8>, u64)>, Error> {
    let failed = |error| Error::io(format!("cannot read {}", path.display()), error);
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let metadata = file.metadata().await.map_err(failed)?;
    // Virtual files, such as those in `/proc`, report a size of 0.
    if !metadata.is_file() || metadata.len() == 0 {
        return Ok(None);
    }
    let mut beginning = Vec::new();
    file.take(BEGINNING).read_to_end(&mut beginning).await.map_err(failed)?;
    Ok(Some((beginning, metadata.len())))
}

async fn read(reader: impl AsyncRead + Unpin, limit: Option<u64>) -> std::io::Result<Bytes> {
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to detect that the file is too large.
    reader.take(limit.map_or(u64::MAX, |limit| limit.saturating_add(1))).read_to_end(&mut bytes).await?;
    Ok(bytes.into())
}

fn check(size: u64, limit: Option<u64>) -> Result<(), Error> {
    match limit.filter(|limit| size > *limit) {
        Some(limit) => {
            let message =
                format!("the file is larger than {limit} bytes, which is the maximum that the service accepts");
            Err(Error::new(ErrorKind::TooLarge, message))
        }
        None => Ok(()),
    }
}

/// A file that can be sent several times.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) name: String,
    /// `None` if it was not set and cannot be detected.
    pub(crate) content_type: Option<String>,
    pub(crate) data: Data,
}

impl Opened {
    pub(crate) fn content_type_or_unknown(&self) -> &str {
        self.content_type.as_deref().unwrap_or(UNKNOWN)
    }
}

/// Where the content is until it is sent.
#[derive(Clone)]
pub(crate) enum Data {
    Bytes(Bytes),
    /// On disk, with this size.
    #[cfg(not(target_arch = "wasm32"))]
    Path {
        path: std::path::PathBuf,
        size: u64,
    },
}

impl Data {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            #[cfg(not(target_arch = "wasm32"))]
            Self::Path { size, .. } => *size,
        }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.size())
    }
}

/// A file in memory.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) bytes: Bytes,
    pub(crate) name: String,
    /// `None` if it was not set and cannot be detected.
    pub(crate) content_type: Option<String>,
}

impl Loaded {
    pub(crate) fn content_type_or_unknown(&self) -> &str {
        self.content_type.as_deref().unwrap_or(UNKNOWN)
    }

    pub(crate) fn base64(&self) -> String {
        BASE64_STANDARD.encode(&self.bytes)
    }

    /// The content type, or an error if it is not an image type.
    pub(crate) fn image_type(&self) -> Result<&str, Error> {
        match self.content_type.as_deref() {
            Some(kind) if kind.starts_with("image/") => Ok(kind),
            kind => {
                let found = kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
                let name = &self.name;
                let message =
                    format!("`{name}` does not look like an image{found}; if it is one, set its content type");
                Err(Error::request(message))
            }
        }
    }

    /// The image as a data URL (RFC 2397).
    pub(crate) fn image_url(&self) -> Result<String, Error> {
        self.image_type().map(|_| self.data_url())
    }

    /// The file as a data URL (RFC 2397).
    pub(crate) fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.content_type_or_unknown(), self.base64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[tokio::test]
    async fn the_content_type_is_detected_from_the_first_bytes() {
        for (bytes, kind, name) in [
            (PNG, Some("image/png"), "file.png"),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg"), "file.jpg"),
            (b"ID3\x04", Some("audio/mpeg"), "file.mp3"),
            (b"hello", None, "file"),
        ] {
            let loaded = File::bytes(bytes).load(None).await.unwrap();
            assert_eq!((loaded.content_type.as_deref(), loaded.name.as_str()), (kind, name));
        }
        let given = File::bytes(PNG).content_type("image/x-mine").name("a.b").load(None).await.unwrap();
        assert_eq!((given.content_type.as_deref(), given.name.as_str()), (Some("image/x-mine"), "a.b"));
        assert_eq!(File::bytes(&b"hi"[..]).load(None).await.unwrap().data_url(), format!("data:{UNKNOWN};base64,aGk="));
    }

    #[tokio::test]
    async fn the_size_limit_applies_to_every_source() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("speech.mp3");
        std::fs::write(&path, [0; 11]).unwrap();
        for file in [File::path(&path), File::bytes(vec![0; 11]), File::reader(tokio::io::repeat(0))] {
            assert_eq!(file.load(Some(10)).await.unwrap_err().kind(), ErrorKind::TooLarge, "{file:?}");
        }
        assert_eq!(File::path(&path).load(Some(11)).await.unwrap().name, "speech.mp3");
    }

    #[tokio::test]
    async fn a_file_on_disk_is_not_read_into_memory_before_it_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cat.dat");
        let mut bytes = PNG.to_vec();
        bytes.resize(100_000, 0);
        std::fs::write(&path, &bytes).unwrap();
        let opened = File::path(&path).open(100_000).await.unwrap();
        assert_eq!((opened.name.as_str(), opened.content_type_or_unknown()), ("cat.dat", "image/png"));
        assert!(matches!(&opened.data, Data::Path { path: found, size: 100_000 } if *found == path));
        assert_eq!(File::path(&path).open(99_999).await.unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(File::path("/no/such/file").open(1).await.unwrap_err().kind(), ErrorKind::Io);
        let in_memory = File::bytes(PNG).open(100).await.unwrap();
        assert!(matches!(&in_memory.data, Data::Bytes(bytes) if bytes == PNG));
        // The size of this file is only known after reading it.
        let virtual_file = File::path("/proc/self/status").open(100_000).await;
        assert!(!cfg!(target_os = "linux") || virtual_file.unwrap().data.size() > 0);
    }

    #[tokio::test]
    async fn the_error_names_the_file_that_cannot_be_read() {
        let error = File::path("/no/such/file").load(None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().starts_with("cannot read /no/such/file: "), "{error}");
        let reader = File::reader(&b"abc"[..]);
        assert_eq!(reader.load(None).await.unwrap().bytes, "abc");
        assert_eq!(reader.clone().load(None).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
}
