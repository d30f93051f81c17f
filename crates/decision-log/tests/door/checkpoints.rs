//! Keys and checkpoints: what is signed is read back, what is changed is refused and said why.

use claim::Sha256;
use decision_log::{Checkpoint, CheckpointError, KeyError, SigningKey, Tree, VerifyingKey};

const ORIGIN: &str = "fund.example/decision-log";

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, [42; 32]).unwrap()
}

fn root() -> Sha256 {
    Tree::from_payloads([b"a", b"b", b"c"]).root().unwrap()
}

#[test]
fn a_signed_checkpoint_is_read_back() {
    let text = key().checkpoint(3, root());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[1], lines[3]), (5, ORIGIN, "3", ""));
    assert!(lines[4].starts_with("— fund.example/decision-log "));
    let checkpoint = Checkpoint::open(&text, &key().verifying_key()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size(), checkpoint.root()), (ORIGIN, 3, root()));
    // Ed25519 is deterministic: the same log has the same checkpoint.
    assert_eq!(key().checkpoint(3, root()), text);
}

#[test]
fn keys_are_read_back_from_their_texts() {
    let key = key();
    let again = SigningKey::parse(&key.to_text()).unwrap();
    assert_eq!(again.verifying_key(), key.verifying_key());
    assert_eq!(again.checkpoint(3, root()), key.checkpoint(3, root()));
    let public = key.verifying_key();
    assert_eq!(public.to_string().parse::<VerifyingKey>().unwrap(), public);
    assert_eq!(format!("{public}\n").parse::<VerifyingKey>().unwrap(), public);
    assert_eq!(public.name(), ORIGIN);
}

#[test]
fn a_secret_key_is_shown_by_nothing() {
    let key = key();
    let text = key.to_text();
    let secret = text.trim_end().rsplit('+').next().unwrap();
    assert!(!format!("{key:?}").contains(secret));
    let error = SigningKey::parse(&text.replace("PRIVATE", "PRIVAT")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret));
    let error = SigningKey::parse(&text.replace("fund", "bund")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret));
}

#[test]
fn texts_that_are_no_keys_are_refused_with_the_reason() {
    let public = key().verifying_key().to_string();
    let error = |text: &str| text.parse::<VerifyingKey>().unwrap_err();
    assert!(matches!(error(""), KeyError::Form { .. }));
    assert!(matches!(error("name+00000000"), KeyError::Form { .. }));
    assert!(matches!(error(&format!("{public}=")), KeyError::Form { .. }));
    assert!(matches!(error(&format!("{public}\n\n")), KeyError::Form { .. }));
    assert!(matches!(error(&format!("+{public}")), KeyError::Name { .. }));
    assert!(matches!(error(&public.replace("fund", "fu nd")), KeyError::Name { .. }));
    assert!(matches!(error(&public.replace("fund", "bund")), KeyError::Hash { .. }));
    assert!(matches!(error("name+00000000+AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), KeyError::Kind { found: 2 }));
    for name in ["", "a b", "a+b", "a\nb", "a\u{3000}b", "a\u{7}b"] {
        assert!(matches!(SigningKey::from_seed(name, [0; 32]), Err(KeyError::Name { .. })), "{name:?}");
    }
}

#[test]
fn a_checkpoint_by_another_key_or_of_another_log_is_refused() {
    let verifier = key().verifying_key();
    let other = SigningKey::from_seed(ORIGIN, [43; 32]).unwrap();
    let error = Checkpoint::open(&other.checkpoint(3, root()), &verifier).unwrap_err();
    assert!(matches!(&error, CheckpointError::NotSigned { found, .. } if found.len() == 1), "{error}");
    let other = SigningKey::from_seed("elsewhere.example/log", [42; 32]).unwrap();
    assert!(matches!(
        Checkpoint::open(&other.checkpoint(3, root()), &verifier),
        Err(CheckpointError::NotSigned { .. })
    ));
}

#[test]
fn a_witness_may_sign_too() {
    let text = key().checkpoint(3, root());
    let witness = SigningKey::from_seed("witness.example", [1; 32]).unwrap().checkpoint(3, root());
    let signature = witness.lines().last().unwrap();
    for both in [format!("{text}{signature}\n"), text.replace("\n\n", &format!("\n\n{signature}\n"))] {
        assert_eq!(Checkpoint::open(&both, &key().verifying_key()).unwrap().size(), 3);
    }
    let many: String = std::iter::repeat_n(format!("{signature}\n"), 101).collect();
    assert!(matches!(
        Checkpoint::open(&format!("{text}{many}"), &key().verifying_key()),
        Err(CheckpointError::Note { .. })
    ));
}

#[test]
fn one_changed_byte_in_a_checkpoint_is_found() {
    let text = key().checkpoint(3, root());
    let verifier = key().verifying_key();
    let mut changed = text.clone().into_bytes();
    for at in 0..changed.len() {
        for bit in 0..8 {
            changed[at] ^= 1 << bit;
            // What is no longer UTF-8 cannot be opened at all.
            let opened = std::str::from_utf8(&changed).ok().and_then(|text| Checkpoint::open(text, &verifier).ok());
            assert_eq!(opened, None, "byte {at} bit {bit}");
            changed[at] ^= 1 << bit;
        }
    }
    for cut in 0..text.len() {
        if text.is_char_boundary(cut) {
            assert!(Checkpoint::open(&text[..cut], &verifier).is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn one_changed_byte_in_a_key_is_found() {
    let text = format!("{}\n", key().verifying_key());
    let mut changed = text.into_bytes();
    for at in 0..changed.len() {
        for value in 0..=255 {
            let before = std::mem::replace(&mut changed[at], value);
            if before != value {
                let parsed = std::str::from_utf8(&changed).ok().and_then(|text| text.parse::<VerifyingKey>().ok());
                assert_eq!(parsed, None, "byte {at} value {value}");
            }
            changed[at] = before;
        }
    }
}
