package identitytest_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"incamera/identity/identitytest"
)

// opensc runs one of OpenSC's tools on the virtual reader's first slot.
func opensc(t *testing.T, tool string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, append([]string{"--reader", "Virtual PCD 00 00"}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", tool, err, out, said.Bytes())
	}
	return out
}

// present waits until OpenSC sees a card, and returns what it calls it. Its own
// waiting misses one now and then.
func present(t *testing.T) []byte {
	t.Helper()
	for range 50 {
		out, err := exec.CommandContext(t.Context(), "opensc-tool", "--reader", "Virtual PCD 00 00", "--name").Output()
		if err == nil {
			return out
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("OpenSC sees no card")
	return nil
}

// OpenSC knows nothing of this project: what it makes of the simulated cards is
// what it makes of real ones.
func TestOpenSC(t *testing.T) {
	keyRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		make func(...identitytest.Slot) identitytest.AppletConfig
		key  crypto.Signer
		gzip bool
	}{
		{"T=0, gzip, RSA-2048", identitytest.PlainT0, keyRSA, true},
		{"T=1, P-384", identitytest.PlainT1, ec(t, elliptic.P384()), false},
		{"YubiKey 5, P-256", func(s ...identitytest.Slot) identitytest.AppletConfig {
			return identitytest.YubiKey5(7, nil, s...)
		}, ec(t, elliptic.P256()), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			identitytest.NewService(t)
			cert := certified(t, tt.key).Certificate
			identitytest.Insert(t, 0, tt.make(identitytest.Slot{Ref: 0x9A, Key: tt.key, Certificate: cert.Raw, Gzip: tt.gzip}))
			if out := present(t); !bytes.Contains(out, []byte("Personal Identity Verification Card")) {
				t.Errorf("opensc-tool --name = %s", out)
			}
			block, _ := pem.Decode(opensc(t, "pkcs15-tool", "--read-certificate", "01"))
			if block == nil || !bytes.Equal(block.Bytes, cert.Raw) {
				t.Error("pkcs15-tool reads another certificate")
			}
			checkSigned(t, tt.key)
		})
	}
}

// checkSigned has OpenSC sign with the PIV authentication key.
func checkSigned(t *testing.T, key crypto.Signer) {
	t.Helper()
	dir := t.TempDir()
	digest := sha256.Sum256([]byte("something to sign"))
	if err := os.WriteFile(dir+"/in", digest[:], 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--sign", "--key", "01", "--pin", identitytest.PIN, "--input", dir + "/in", "--output", dir + "/out"}
	pubRSA, isRSA := key.Public().(*rsa.PublicKey)
	if isRSA {
		args = append(args, "--pkcs1", "--sha-256")
	} else {
		args = append(args, "--signature-format", "sequence")
	}
	opensc(t, "pkcs15-crypt", args...)
	sig, err := os.ReadFile(dir + "/out")
	if err != nil {
		t.Fatal(err)
	}
	if isRSA {
		err = rsa.VerifyPKCS1v15(pubRSA, crypto.SHA256, digest[:], sig)
	} else if !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], sig) {
		err = errors.New("the signature is bad")
	}
	if err != nil {
		t.Error(err)
	}
}

// OpenSC's own trial of a token: it signs, verifies and decrypts with every key
// in turn, also with one that wants the PIN each time.
func TestOpenSCTrial(t *testing.T) {
	keyRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key := certified(t, keyRSA)
	for name, make := range map[string]func(...identitytest.Slot) identitytest.AppletConfig{
		"T=0": identitytest.PlainT0, "T=1": identitytest.PlainT1,
	} {
		t.Run(name, func(t *testing.T) {
			identitytest.NewService(t)
			slot := func(ref byte) identitytest.Slot {
				return identitytest.Slot{Ref: ref, Key: key.Key, Certificate: key.Certificate.Raw}
			}
			identitytest.Insert(t, 0, make(slot(0x9A), slot(0x9C), slot(0x9D)))
			present(t)
			out, err := exec.CommandContext(t.Context(), "pkcs11-tool", "--login", "--pin", identitytest.PIN, "--test").CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("No errors")) {
				t.Errorf("pkcs11-tool --test: %v\n%s", err, out)
			}
		})
	}
}

// OpenSC proves that it knows the management key and writes a certificate.
func TestOpenSCIssues(t *testing.T) {
	identitytest.NewService(t)
	identitytest.Insert(t, 0, identitytest.PlainT1())
	dir := t.TempDir()
	admin := "01:02:03:04:05:06:07:08:01:02:03:04:05:06:07:08:01:02:03:04:05:06:07:08"
	if err := os.WriteFile(dir+"/admin", []byte(admin), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PIV_EXT_AUTH_KEY", dir+"/admin")
	present(t)
	cert := certified(t, ec(t, elliptic.P256())).Certificate
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	if err := os.WriteFile(dir+"/cert", text, 0o600); err != nil {
		t.Fatal(err)
	}
	// piv-tool exits with the number of bytes written: what it did is read back.
	out, _ := exec.CommandContext(t.Context(), "piv-tool", "--admin", "M:9B:03", "--cert", "9A", "--in", dir+"/cert").CombinedOutput()
	t.Logf("piv-tool: %s", out)
	block, _ := pem.Decode(opensc(t, "pkcs15-tool", "--read-certificate", "01"))
	if block == nil || !bytes.Equal(block.Bytes, cert.Raw) {
		t.Error("pkcs15-tool reads another certificate than piv-tool wrote")
	}
}
