// Package identitytest has cards without plastic, for tests and rehearsals,
// and the suites that cards and keystores must pass, real ones too.
//
//   - [Card] is a card in memory, [Readers] the readers that it is put into and
//     pulled from.
//   - [TestCard], [TestBlocking] and [TestReaders] say what [identity.Card] and
//     [identity.Readers] promise, [TestStore] what a keystore does.
//   - [Asker] answers for the person in front of the machine.
//
// It owns the smartcard service that it starts and no other, and touches only
// loopback.
package identitytest
