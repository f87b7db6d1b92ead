// Package identitytest has cards without plastic, for tests and rehearsals,
// and the suites that cards and keystores must pass, real ones too.
//
//   - [Card] is a card in memory, [Readers] the readers that it is put into and
//     pulled from.
//   - [Applet] is the PIV application of a card as SP 800-73-4 describes it,
//     command by command; [PlainT0], [PlainT1] and [YubiKey5] are makes of card, and
//     [Slow], [Trap] and [NeverTouched] what can be wrong with one. A [Plug] puts it
//     into a virtual reader of the system's real smartcard service, which a
//     [Service] starts if need be.
//   - [TestCard], [TestBlocking] and [TestReaders] say what [identity.Card] and
//     [identity.Readers] promise, [TestStore] what a keystore does.
//   - [Asker] answers for the person in front of the machine.
//
// It owns the smartcard service that it starts and no other, and touches only
// loopback.
package identitytest
