//! Object storage: bytes named by their SHA-256. What counts as stored has been written, synced, read back and hashed.

use crate::{Missing, Store, StoreError};
use claim::Sha256;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sha2::Digest;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// A folder or a bucket.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    /// Set for a folder.
    folder: Option<PathBuf>,
}

/// The hash of some bytes.
pub(crate) fn hash(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

impl Objects {
    pub(crate) fn open(address: &str, missing: Missing) -> Result<Objects, StoreError> {
        let wrong = || StoreError::Setting {
            setting: "object address",
            found: address.to_owned(),
            expected: "file:///FOLDER or s3://BUCKET/PREFIX",
        };
        let url = Url::parse(address).map_err(|_| wrong())?;
        let cannot = |source: crate::error::Cause| StoreError::Open { what: format!("object storage {url}"), source };
        match url.scheme() {
            "file" => {
                let folder = url.to_file_path().map_err(|()| wrong())?;
                if missing == Missing::Refused && !folder.is_dir() {
                    return Err(StoreError::Missing { what: format!("folder of documents {}", folder.display()) });
                }
                std::fs::create_dir_all(&folder).map_err(|error| cannot(error.into()))?;
                // The folder's own entry; those below it are synced by the object store.
                if let Some(parent) = folder.parent() {
                    std::fs::File::open(parent)
                        .and_then(|parent| parent.sync_all())
                        .map_err(|error| cannot(error.into()))?;
                }
                let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| cannot(error.into()))?;
                // Files and folders are synced before a write counts.
                Ok(Objects { store: Arc::new(store.with_fsync(true)), prefix: Key::default(), folder: Some(folder) })
            }
            "s3" => {
                let store = AmazonS3Builder::from_env()
                    .with_url(format!("s3://{}", url.host_str().ok_or_else(wrong)?))
                    .build()
                    .map_err(|error| cannot(error.into()))?;
                let prefix = Key::from_url_path(url.path()).map_err(|error| cannot(error.into()))?;
                Ok(Objects { store: Arc::new(store), prefix, folder: None })
            }
            _ => Err(wrong()),
        }
    }

    /// `PREFIX/sha256/ab/cdef…`: 256 folders, so that none grows too long.
    fn key(&self, sha256: &Sha256) -> Key {
        let hex = sha256.to_string();
        let (first, rest) = hex.split_at(2);
        self.prefix.clone().join("sha256").join(first).join(rest)
    }

    /// The bytes of an object, as they are; `None` if there is no such object.
    async fn read(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let failed = |source: object_store::Error| StoreError::Object { key: key.to_string(), source: source.into() };
        match self.store.get(key).await {
            Ok(object) => Ok(Some(object.bytes().await.map_err(failed)?.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn put(&self, bytes: Vec<u8>) -> Result<Sha256, StoreError> {
        let sha256 = hash(&bytes);
        let key = self.key(&sha256);
        match self.read(&key).await? {
            Some(kept) if kept == bytes => return Ok(sha256),
            // The right bytes are at hand, so what was damaged is made good; that it was is worth a look at the disk.
            Some(kept) => {
                tracing::error!(%key, found = %hash(&kept), "a damaged object is replaced by the right bytes")
            }
            None => {}
        }
        self.store
            .put(&key, PutPayload::from(bytes))
            .await
            .map_err(|source| StoreError::Object { key: key.to_string(), source: source.into() })?;
        self.get(&sha256).await?;
        Ok(sha256)
    }

    async fn get(&self, sha256: &Sha256) -> Result<Vec<u8>, StoreError> {
        let key = self.key(sha256);
        let bytes = self.read(&key).await?.ok_or(StoreError::ObjectMissing(*sha256))?;
        let found = hash(&bytes);
        if found != *sha256 {
            return Err(StoreError::ObjectDamaged { key: key.to_string(), expected: *sha256, found });
        }
        Ok(bytes)
    }

    /// How many bytes an object has; it has to be there.
    pub(crate) async fn size(&self, sha256: &Sha256) -> Result<u64, StoreError> {
        let key = self.key(sha256);
        match self.store.head(&key).await {
            Ok(meta) => Ok(meta.size),
            Err(object_store::Error::NotFound { .. }) => Err(StoreError::ObjectMissing(*sha256)),
            Err(source) => Err(StoreError::Object { key: key.to_string(), source: source.into() }),
        }
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        if let Some(folder) = &self.folder {
            let failed =
                |error: std::io::Error| StoreError::Object { key: folder.display().to_string(), source: error.into() };
            let meta = tokio::fs::metadata(folder).await.map_err(failed)?;
            if !meta.is_dir() {
                return Err(failed(std::io::ErrorKind::NotADirectory.into()));
            }
        }
        // Whether it answers at all: an object that is not there is an answer.
        match self.size(&Sha256([0; 32])).await {
            Ok(_) | Err(StoreError::ObjectMissing(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Store {
    /// Stores a document (or a notice's PDF) and returns its name. When it returns, the bytes have been written, synced
    /// and read back. The same bytes twice are one object; one that was damaged is made good.
    pub async fn put_document(&self, bytes: Vec<u8>) -> Result<Sha256, StoreError> {
        self.objects.put(bytes).await
    }

    /// The bytes of a document. Their hash has been compared: [`StoreError::ObjectDamaged`] names what differs.
    pub async fn document(&self, sha256: &Sha256) -> Result<Vec<u8>, StoreError> {
        self.objects.get(sha256).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Missing, Objects, hash};

    #[test]
    fn a_bucket_keeps_its_prefix_and_a_folder_has_none() {
        let sha256 = hash(b"abc");
        let hex = sha256.to_string();
        let key = format!("sha256/{}/{}", &hex[..2], &hex[2..]);
        let bucket = Objects::open("s3://kofu-documents/fund/2025", Missing::Made).unwrap();
        assert_eq!(bucket.key(&sha256).as_ref(), format!("fund/2025/{key}"));
        let folder = tempfile::TempDir::new().unwrap();
        let folder = Objects::open(&format!("file://{}/new", folder.path().display()), Missing::Made).unwrap();
        assert_eq!(folder.key(&sha256).as_ref(), key);
    }
}
