package sframe

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"
)

type hexed []byte

func (h *hexed) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

type vectors struct {
	Header []struct {
		KID, CTR uint64
		Encoded  hexed
	}
	SFrame []struct {
		Suite    Suite  `json:"cipher_suite"`
		KID      uint64 `json:"kid"`
		CTR      uint64 `json:"ctr"`
		Base     hexed  `json:"base_key"`
		Metadata hexed
		PT, CT   hexed
	}
}

func load(t *testing.T) (v vectors) {
	t.Helper()
	data, err := os.ReadFile("../../../shared/vectors/sframe/test-vectors.json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the official vectors are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Header) == 0 || len(v.SFrame) == 0 {
		t.Fatal("the vectors are empty")
	}
	return v
}

func TestHeaderVectors(t *testing.T) {
	for _, v := range load(t).Header {
		h := Header{KID: v.KID, CTR: v.CTR}
		if got := h.Append(nil); !bytes.Equal(got, v.Encoded) {
			t.Errorf("%+v encodes as %x, want %x", h, got, v.Encoded)
		}
		got, n, err := ParseHeader(v.Encoded)
		if err != nil || got != h || n != len(v.Encoded) {
			t.Errorf("ParseHeader(%x) = %+v, %d, %v; want %+v", v.Encoded, got, n, err, h)
		}
	}
}

func TestFrameVectors(t *testing.T) {
	ran := 0
	for _, v := range load(t).SFrame {
		if v.Suite != AES128GCM && v.Suite != AES256GCM {
			continue
		}
		ran++
		k, err := NewKey(v.Suite, v.Base, v.KID)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.Seal(nil, v.CTR, v.Metadata, v.PT); !bytes.Equal(got, v.CT) {
			t.Errorf("%v: sealed %x, want %x", v.Suite, got, v.CT)
		}
		got, err := k.Open(nil, v.Metadata, v.CT)
		if err != nil || !bytes.Equal(got, v.PT) {
			t.Errorf("%v: opened %x, %v; want %x", v.Suite, got, err, v.PT)
		}
	}
	if ran != 2 {
		t.Errorf("%d suites ran, want 2", ran)
	}
}
