// Written by hand, and copied as it is into what `python -m codegen generate` makes. Do not edit the copy.

package colonyos

import (
	"crypto/rand"
	"crypto/sha3"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// ErrKey says that a text is no private key.
var ErrKey = errors.New("a private key is 64 hexadecimal characters, above zero and below the order of the curve")

// ErrSignature says that no server takes a signature.
var ErrSignature = errors.New("not an acceptable signature")

// Key is a private key. Printing it shows its identity only.
type Key struct {
	private  *secp256k1.PrivateKey
	identity string
}

// ParseKey reads a private key; the error is ErrKey.
func ParseKey(text string) (*Key, error) {
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != secp256k1.PrivKeyBytesLen {
		return nil, ErrKey
	}
	var number secp256k1.ModNScalar
	if overflow := number.SetByteSlice(data); overflow || number.IsZero() {
		return nil, ErrKey
	}
	return keyOf(secp256k1.NewPrivateKey(&number)), nil
}

// GenerateKey makes a new private key.
func GenerateKey() (*Key, error) {
	private, err := secp256k1.GeneratePrivateKeyFromRand(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("no random numbers: %w", err)
	}
	return keyOf(private), nil
}

func keyOf(private *secp256k1.PrivateKey) *Key {
	return &Key{private: private, identity: identityOf(private.PubKey())}
}

// identityOf hashes the hexadecimal text of the uncompressed key, not its bytes.
func identityOf(public *secp256k1.PublicKey) string {
	sum := sha3.Sum256([]byte(hex.EncodeToString(public.SerializeUncompressed())))
	return hex.EncodeToString(sum[:])
}

// Identity is the hash of the public key, by which servers know the holder of the key.
func (k *Key) Identity() string { return k.identity }

// Secret is the key itself, in hexadecimal.
func (k *Key) Secret() string { return hex.EncodeToString(k.private.Serialize()) }

// String shows the identity, and not the key.
func (k *Key) String() string {
	if k == nil {
		return "no key"
	}
	return "key of " + k.identity
}

// Format writes what String returns, whatever the verb, so that no key gets into a log.
func (k *Key) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(k.String())) }

// Sign signs a text: r, s (in the lower half) and the recovery id, in hexadecimal.
func (k *Key) Sign(text []byte) string {
	sum := sha3.Sum256(text)
	compact := ecdsa.SignCompact(k.private, sum[:], false)
	return hex.EncodeToString(append(compact[1:], compact[0]-compactOffset))
}

// compactOffset is what the library adds to the recovery id, and writes first.
const compactOffset = 27

// Recover returns the identity of whoever signed a text; the error is ErrSignature.
func Recover(text []byte, signature string) (string, error) {
	data, err := hex.DecodeString(signature)
	if err != nil || len(data) != 65 || data[64] > 7 {
		return "", ErrSignature
	}
	var s secp256k1.ModNScalar
	if overflow := s.SetByteSlice(data[32:64]); overflow || s.IsOverHalfOrder() {
		return "", ErrSignature
	}
	sum := sha3.Sum256(text)
	compact := append([]byte{compactOffset + data[64]&3}, data[:64]...)
	public, _, err := ecdsa.RecoverCompact(compact, sum[:])
	if err != nil {
		return "", ErrSignature
	}
	return identityOf(public), nil
}
