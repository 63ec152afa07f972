// Written by hand, and copied as it is by `python -m codegen generate`: change codegen/colonyos_gen_codegen/targets/rust/runtime/.
//! Keys, identities and signatures.
use crate::error::Error;
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};
use sha3::{Digest, Sha3_256};
use std::fmt::Write as _;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibbles: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let nibbles = nibbles.filter(|n| n.len() % 2 == 0)?;
    nibbles.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

/// A private key; it is in no text.
#[derive(Clone)]
pub struct Key(SigningKey);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Key {
    /// A key from its 64 hexadecimal characters.
    ///
    /// # Errors
    /// [`Error::Key`] if it is none; the text is not told.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        let bytes = unhex(text).filter(|b| b.len() == 32).ok_or(Error::Key)?;
        SigningKey::from_slice(&bytes).map(Self).map_err(|_| Error::Key)
    }

    /// The identity that the server sees.
    #[must_use]
    pub fn identity(&self) -> String {
        identity(self.0.verifying_key())
    }

    /// The signature of a payload in base64.
    ///
    /// # Errors
    /// [`Error::Key`] if the key cannot sign.
    pub fn sign(&self, payload: &str) -> Result<String, Error> {
        let hash = Sha3_256::digest(payload.as_bytes());
        let (signature, id) = self.0.sign_prehash_recoverable(&hash).map_err(|_| Error::Key)?;
        Ok(hex(&signature.to_bytes()) + &hex(&[id.to_byte()]))
    }
}

fn identity(key: &VerifyingKey) -> String {
    let point = hex(key.to_encoded_point(false).as_bytes());
    hex(&Sha3_256::digest(point.as_bytes()))
}

/// Who signed a payload; `None` if the signature is none.
#[must_use]
pub fn recover(payload: &str, signature: &str) -> Option<String> {
    let bytes = unhex(signature).filter(|b| b.len() == 65)?;
    let id = if (4..8).contains(&bytes[64]) { bytes[64] - 4 } else { bytes[64] };
    let parsed = Signature::from_slice(&bytes[..64]).ok().filter(|s| s.normalize_s().is_none())?;
    let hash = Sha3_256::digest(payload.as_bytes());
    VerifyingKey::recover_from_prehash(&hash, &parsed, RecoveryId::from_byte(id)?).ok().map(|key| identity(&key))
}
