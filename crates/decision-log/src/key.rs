//! Ed25519 keys in the text forms of C2SP signed notes (c2sp.org/signed-note): `name+hash+key` for who verifies, and for
//! who signs the form of Go's note package, `PRIVATE+KEY+name+hash+key`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claim::Lang;
use ed25519_dalek::{SECRET_KEY_LENGTH, Signature, Signer};
use sha2::Digest;
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// Ed25519 in a key's first byte.
const ED25519: u8 = 1;
const PRIVATE: &str = "PRIVATE+KEY+";

/// Why a text is not a key. A secret key's text is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A name that a signed note cannot have.
    #[error(
        "found the key name {found:?}, expected a name without spaces, control characters or +, such as fund.example/decision-log"
    )]
    Name {
        /// The name.
        found: String,
    },
    /// Not three parts, or not base64 or hexadecimal where it should be.
    #[error("not a key: expected {expected}, on one line")]
    Form {
        /// The form.
        expected: &'static str,
    },
    /// A kind of key other than Ed25519.
    #[error("found a key of kind {found}, expected {ED25519} (Ed25519)")]
    Kind {
        /// The kind.
        found: u8,
    },
    /// The hash in the text is not that of name and key.
    #[error(
        "found the key hash {found}, expected {expected}: the key or its name was changed; get it again from where it was published"
    )]
    Hash {
        /// The hash in the text.
        found: String,
        /// The hash of name and key.
        expected: String,
    },
    /// A point that no honest key has.
    #[error("the key is not a usable Ed25519 key; get it again from where it was published")]
    Unusable,
}

impl KeyError {
    /// What is wrong and what to do, as people of `lang` read it.
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (_, Lang::En) => self.to_string(),
            (KeyError::Name { found }, Lang::Ja) => format!(
                "鍵の名称が「{found}」です（空白、制御文字及び + を含まない名称が必要です。例: fund.example/decision-log）。"
            ),
            (KeyError::Form { expected }, Lang::Ja) => {
                format!("鍵の形式ではありません（あるべき形式: 1行の {expected}）。")
            }
            (KeyError::Kind { found }, Lang::Ja) => {
                format!("鍵の種類が {found} です（あるべき種類: {ED25519}、Ed25519）。")
            }
            (KeyError::Hash { found, expected }, Lang::Ja) => format!(
                "鍵のハッシュ値が {found} です（あるべき値: {expected}）。鍵又は名称が変更されています。公開元からもう一度入手してください。"
            ),
            (KeyError::Unusable, Lang::Ja) => {
                "使用できない Ed25519 鍵です。公開元からもう一度入手してください。".to_owned()
            }
        }
    }
}

/// The hash by which a note's signature names its key.
fn key_hash(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let mut sha256 = sha2::Sha256::new();
    sha256.update(name.as_bytes());
    sha256.update([b'\n', ED25519]);
    sha256.update(public);
    let digest = sha256.finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn key_hash_text(name: &str, public: &[u8; 32]) -> String {
    format!("{:08x}", u32::from_be_bytes(key_hash(name, public)))
}

fn check_name(name: &str) -> Result<(), KeyError> {
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        return Err(KeyError::Name { found: name.to_owned() });
    }
    Ok(())
}

/// `name+hash+base64` in its parts; the key's kind is taken off its bytes.
fn split<'a>(text: &'a str, expected: &'static str) -> Result<(&'a str, &'a str, Zeroizing<[u8; 32]>), KeyError> {
    let form = || KeyError::Form { expected };
    let (name, rest) = text.split_once('+').ok_or_else(form)?;
    // Base64 has + too, the hash has none.
    let (hash, key) = rest.split_once('+').ok_or_else(form)?;
    check_name(name)?;
    let bytes = Zeroizing::new(STANDARD.decode(key).map_err(|_| form())?);
    let (kind, bytes) = bytes.split_first().ok_or_else(form)?;
    if *kind != ED25519 {
        return Err(KeyError::Kind { found: *kind });
    }
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| form())?;
    Ok((name, hash, Zeroizing::new(bytes)))
}

fn check_hash(found: &str, name: &str, public: &[u8; 32]) -> Result<(), KeyError> {
    let expected = key_hash_text(name, public);
    if found != expected {
        return Err(KeyError::Hash { found: found.to_owned(), expected });
    }
    Ok(())
}

fn line(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// The key that signs checkpoints. Its name is the log's origin. Wiped from memory when dropped; never shown.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    secret: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key of a 32-byte seed that nobody else knows, for the log called `name`.
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Result<SigningKey, KeyError> {
        check_name(name)?;
        let seed: Zeroizing<[u8; SECRET_KEY_LENGTH]> = Zeroizing::new(seed);
        Ok(SigningKey { name: name.to_owned(), secret: ed25519_dalek::SigningKey::from_bytes(&seed) })
    }

    /// Reads `PRIVATE+KEY+name+hash+key`, with or without a line end.
    pub fn parse(text: &str) -> Result<SigningKey, KeyError> {
        let expected = "PRIVATE+KEY+name+hash+key";
        let rest = line(text).strip_prefix(PRIVATE).ok_or(KeyError::Form { expected })?;
        let (name, hash, seed) = split(rest, expected)?;
        let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
        check_hash(hash, name, &secret.verifying_key().to_bytes())?;
        Ok(SigningKey { name: name.to_owned(), secret })
    }

    /// The form that [`SigningKey::parse`] reads, with a line end. Whoever has it can sign: keep it from other accounts
    /// and out of backups that others read.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut key = Zeroizing::new([0u8; 33]);
        key[0] = ED25519;
        key[1..].copy_from_slice(self.secret.as_bytes());
        let key = Zeroizing::new(STANDARD.encode(*key));
        let hash = key_hash_text(&self.name, &self.secret.verifying_key().to_bytes());
        Zeroizing::new(format!("{PRIVATE}{}+{hash}+{}\n", self.name, *key))
    }

    /// The log's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that verifies what this one signs.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey { name: self.name.clone(), public: self.secret.verifying_key() }
    }

    /// The bytes of a note's signature line: the key's hash and the signature of `text`.
    pub(crate) fn sign_note(&self, text: &str) -> Vec<u8> {
        let mut bytes = key_hash(&self.name, &self.secret.verifying_key().to_bytes()).to_vec();
        bytes.extend(self.secret.sign(text.as_bytes()).to_bytes());
        bytes
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, secret)", self.verifying_key())
    }
}

/// The key that verifies checkpoints. As text: `name+hash+key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    public: ed25519_dalek::VerifyingKey,
}

impl VerifyingKey {
    /// The log's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash by which a note's signature names this key.
    pub(crate) fn hash(&self) -> [u8; 4] {
        key_hash(&self.name, self.public.as_bytes())
    }

    /// Whether `signature` is this key's of `text`.
    pub(crate) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.public.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    /// Reads `name+hash+key`, with or without a line end.
    fn from_str(text: &str) -> Result<VerifyingKey, KeyError> {
        let (name, hash, bytes) = split(line(text), "name+hash+key")?;
        check_hash(hash, name, &bytes)?;
        let public = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Unusable)?;
        if public.is_weak() {
            return Err(KeyError::Unusable);
        }
        Ok(VerifyingKey { name: name.to_owned(), public })
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend(self.public.as_bytes());
        write!(f, "{}+{}+{}", self.name, key_hash_text(&self.name, self.public.as_bytes()), STANDARD.encode(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Go's golang.org/x/mod/sumdb/note.
    const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNATURE: &str =
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

    #[test]
    fn keys_and_signatures_are_those_of_the_published_example() {
        let key = SigningKey::parse(SECRET).unwrap();
        assert_eq!(key.verifying_key().to_string(), PUBLIC);
        assert_eq!(*key.to_text(), format!("{SECRET}\n"));
        assert_eq!(STANDARD.encode(key.sign_note(TEXT)), SIGNATURE);
        let signature = STANDARD.decode(SIGNATURE).unwrap();
        let verifier: VerifyingKey = PUBLIC.parse().unwrap();
        assert_eq!(signature[..4], verifier.hash());
        assert!(verifier.verifies(TEXT, &signature[4..]));
        assert!(!verifier.verifies(&TEXT.replace("problem", "answer"), &signature[4..]));
    }
}
