package keystore

import (
	"context"
	"errors"

	"github.com/keybase/go-keychain"
)

// lasting is the login keychain, readable while the screen is unlocked, on
// this Mac only.
func lasting(context.Context) (Store, error) { return &patient{system: login{}}, nil }

// passing is memory: a keychain is a file.
func passing(context.Context) (Store, error) { return Memory(), nil }

type login struct{}

func item(name string) keychain.Item {
	i := keychain.NewItem()
	i.SetSecClass(keychain.SecClassGenericPassword)
	i.SetService(application)
	i.SetAccount(name)
	return i
}

func (login) get(name string) ([]byte, error) {
	query := item(name)
	query.SetMatchLimit(keychain.MatchLimitOne)
	query.SetReturnData(true)
	found, err := keychain.QueryItem(query)
	switch {
	case errors.Is(err, keychain.ErrorItemNotFound), err == nil && len(found) == 0:
		return nil, ErrNotFound
	case err != nil:
		return nil, refused(err)
	}
	return found[0].Data, nil
}

func (login) set(name string, value []byte) error {
	fresh := item(name)
	fresh.SetLabel(application + ": " + name)
	fresh.SetData(value)
	fresh.SetSynchronizable(keychain.SynchronizableNo)
	fresh.SetAccessible(keychain.AccessibleWhenUnlockedThisDeviceOnly)
	err := keychain.AddItem(fresh)
	if errors.Is(err, keychain.ErrorDuplicateItem) {
		change := keychain.NewItem()
		change.SetData(value)
		err = keychain.UpdateItem(item(name), change)
	}
	return refused(err)
}

func (login) remove(name string) error {
	err := keychain.DeleteItem(item(name))
	if errors.Is(err, keychain.ErrorItemNotFound) {
		return nil
	}
	return refused(err)
}

// refused says in our words that the person did not unlock the keychain.
func refused(err error) error {
	if errors.Is(err, keychain.ErrorUserCanceled) || errors.Is(err, keychain.ErrorAuthFailed) ||
		errors.Is(err, keychain.ErrorInteractionNotAllowed) {
		return ErrLocked
	}
	return err
}
