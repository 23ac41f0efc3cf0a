package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// flow is one login by single sign-on under way, as its cookie holds it.
type flow struct {
	State, Nonce, Verifier, Back string
	Until                        time.Time
}

// flowLife is how long a person may take at the provider.
const flowLife = 10 * time.Minute

// sealer encrypts and signs flows. The key comes from the client's secret, so
// that every process that serves takes the cookies of the others and of the
// time before a restart; without a secret it is drawn once.
type sealer struct {
	once sync.Once
	gcm  cipher.AEAD
	err  error
}

func (s *sealer) key(secret string) (cipher.AEAD, error) {
	s.once.Do(func() {
		if secret == "" {
			secret = newSecret()
		}
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, "socialwatch single sign-on", 32)
		if err != nil {
			s.err = err
			return
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			s.err = err
			return
		}
		s.gcm, s.err = cipher.NewGCMWithRandomNonce(block)
	})
	return s.gcm, s.err
}

func (s *sealer) close(f flow, secret string) (string, error) {
	gcm, err := s.key(secret)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(nil, nil, plain, nil)), nil
}

// open refuses whatever this program has not sealed.
func (s *sealer) open(sealed, secret string) (f flow, err error) {
	gcm, err := s.key(secret)
	if err != nil {
		return f, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return f, errors.New("the cookie is no cookie of ours")
	}
	plain, err := gcm.Open(nil, nil, raw, nil)
	if err != nil {
		return f, errors.New("the cookie is no cookie of ours")
	}
	return f, json.Unmarshal(plain, &f)
}
