package keystore

import (
	"context"
	"errors"

	"github.com/danieljoos/wincred"
)

// lasting is the Credential Manager: kept for this user on this machine, and
// not roaming with the profile.
func lasting(context.Context) (Store, error) { return &patient{system: credentials{}}, nil }

// passing is memory: the Credential Manager's own session is the kiosk's,
// which outlives a member.
func passing(context.Context) (Store, error) { return Memory(), nil }

type credentials struct{}

func target(name string) string { return application + "/" + name }

func (credentials) get(name string) ([]byte, error) {
	c, err := wincred.GetGenericCredential(target(name))
	if errors.Is(err, wincred.ErrElementNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return c.CredentialBlob, nil
}

func (credentials) set(name string, value []byte) error {
	c := wincred.NewGenericCredential(target(name))
	c.UserName = application
	c.CredentialBlob = value
	return c.Write()
}

func (credentials) remove(name string) error {
	err := wincred.NewGenericCredential(target(name)).Delete()
	if errors.Is(err, wincred.ErrElementNotFound) {
		return nil
	}
	return err
}
