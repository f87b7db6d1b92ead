package keystore_test

import (
	"testing"

	"incamera/identity/identitytest"
	"incamera/identity/keystore"
)

func TestMemory(t *testing.T) {
	identitytest.TestStore(t, func(*testing.T) identitytest.Store { return keystore.Memory() })
}
