package mls

import (
	"bytes"
	"errors"
)

// A wireFormat says what an MLSMessage holds, RFC 9420 section 6.
type wireFormat uint16

const (
	wirePublic     wireFormat = 1
	wirePrivate    wireFormat = 2
	wireWelcome    wireFormat = 3
	wireGroupInfo  wireFormat = 4
	wireKeyPackage wireFormat = 5
)

type contentType uint8

const (
	contentApplication contentType = 1
	contentProposal    contentType = 2
	contentCommit      contentType = 3
)

// ratchet is the one that seals this type of content, section 9.1.
func (c contentType) ratchet() ratchetKind {
	if c == contentApplication {
		return application
	}
	return handshake
}

// senderType says in which capacity something was sent, section 6.
type senderType uint8

const (
	fromMember            senderType = 1
	fromExternal          senderType = 2
	fromNewMemberProposal senderType = 3
	fromNewMemberCommit   senderType = 4
)

type sender struct {
	kind  senderType
	index uint32 // leaf of a member; place among the external senders
}

func readSender(r *reader) sender {
	s := sender{kind: senderType(r.u8())}
	switch s.kind {
	case fromMember, fromExternal:
		s.index = r.u32()
	case fromNewMemberProposal, fromNewMemberCommit:
	default:
		r.fail()
	}
	return s
}

func (s sender) append(b []byte) []byte {
	b = append(b, byte(s.kind))
	if s.kind == fromMember || s.kind == fromExternal {
		b = appendU32(b, s.index)
	}
	return b
}

// A framed is a FramedContent: something sent to a group, section 6.
type framed struct {
	groupID       []byte
	epoch         uint64
	sender        sender
	authenticated []byte
	kind          contentType
	application   []byte
	proposal      *Proposal
	commit        *commit
}

func readFramed(r *reader) framed {
	f := framed{groupID: r.opaque(), epoch: r.u64(), sender: readSender(r), authenticated: r.opaque(), kind: contentType(r.u8())}
	f.readBody(r)
	return f
}

func (f *framed) readBody(r *reader) {
	switch f.kind {
	case contentApplication:
		f.application = r.opaque()
	case contentProposal:
		p := readProposal(r)
		f.proposal = &p
	case contentCommit:
		f.commit = readCommit(r)
	default:
		r.fail()
	}
}

func (f *framed) appendBody(b []byte) []byte {
	switch f.kind {
	case contentProposal:
		return f.proposal.append(b)
	case contentCommit:
		return f.commit.append(b)
	}
	return appendOpaque(b, f.application)
}

func (f *framed) append(b []byte) []byte { return f.appendBody(f.appendHead(b)) }

// appendHead encodes what stands before the body.
func (f *framed) appendHead(b []byte) []byte {
	b = f.sender.append(appendU64(appendOpaque(b, f.groupID), f.epoch))
	return append(appendOpaque(b, f.authenticated), byte(f.kind))
}

// A parsed is an AuthenticatedContent that nobody has checked: the only way on
// is [parsed.verify].
type parsed struct {
	wire      wireFormat
	content   framed
	raw       []byte // content, encoded
	signature []byte
	tag       []byte // of a commit
}

func (a *parsed) readAuth(r *reader) {
	a.signature = r.opaque()
	if a.content.kind == contentCommit {
		a.tag = r.opaque()
	}
}

func (a *parsed) appendAuth(b []byte) []byte {
	b = appendOpaque(b, a.signature)
	if a.content.kind == contentCommit {
		b = appendOpaque(b, a.tag)
	}
	return b
}

// bytes is the AuthenticatedContent.
func (a *parsed) bytes() []byte {
	return a.appendAuth(append(appendU16(make([]byte, 0, len(a.raw)+256), uint16(a.wire)), a.raw...))
}

func (a *parsed) ref(p *params) []byte {
	return p.refHash("MLS 1.0 Proposal Reference", a.bytes())
}

// transcriptInput is ConfirmedTranscriptHashInput, section 8.2.
func (a *parsed) transcriptInput() []byte {
	b := appendU16(make([]byte, 0, len(a.raw)+128), uint16(a.wire))
	return appendOpaque(append(b, a.raw...), a.signature)
}

// toBeSigned is FramedContentTBS, section 6.1: members and joiners sign the
// group context too.
func (a *parsed) toBeSigned(context []byte) []byte {
	b := make([]byte, 0, len(a.raw)+len(context)+4)
	b = append(appendU16(appendU16(b, mls10), uint16(a.wire)), a.raw...)
	if k := a.content.sender.kind; k == fromMember || k == fromNewMemberCommit {
		b = append(b, context...)
	}
	return b
}

// A verified is content whose signature has been checked.
type verified struct{ parsed }

// verify checks the signature, section 6.1.
func (a *parsed) verify(p *params, key *verifier, context []byte) (*verified, error) {
	if err := p.verify(key, "FramedContentTBS", a.toBeSigned(context), a.signature); err != nil {
		return nil, err
	}
	return &verified{*a}, nil
}

// A publicMessage is a PublicMessage, section 6.2.
type publicMessage struct {
	parsed
	membership []byte // tag, if the sender is a member
}

func readPublic(r *reader) *publicMessage {
	m := &publicMessage{parsed: parsed{wire: wirePublic}}
	start := r.b
	m.content = readFramed(r)
	m.raw = start[:len(start)-len(r.b)]
	m.readAuth(r)
	if m.content.sender.kind == fromMember {
		m.membership = r.opaque()
	}
	return m
}

func (m *publicMessage) bytes() []byte {
	b := append(make([]byte, 0, len(m.raw)+256), m.raw...)
	b = m.appendAuth(b)
	if m.content.sender.kind == fromMember {
		b = appendOpaque(b, m.membership)
	}
	return b
}

// membershipInput is AuthenticatedContentTBM, section 6.2.
func (m *publicMessage) membershipInput(context []byte) []byte {
	return m.appendAuth(m.toBeSigned(context))
}

// A privateMessage is a PrivateMessage, section 6.3.
type privateMessage struct {
	groupID       []byte
	epoch         uint64
	kind          contentType
	authenticated []byte
	senderData    []byte
	ciphertext    []byte
}

func readPrivate(r *reader) *privateMessage {
	m := &privateMessage{groupID: r.opaque(), epoch: r.u64(), kind: contentType(r.u8())}
	if m.kind < contentApplication || m.kind > contentCommit {
		r.fail()
	}
	m.authenticated, m.senderData, m.ciphertext = r.opaque(), r.opaque(), r.opaque()
	return m
}

func (m *privateMessage) bytes() []byte {
	b := make([]byte, 0, len(m.ciphertext)+len(m.authenticated)+128)
	b = append(appendU64(appendOpaque(b, m.groupID), m.epoch), byte(m.kind))
	b = appendOpaque(appendOpaque(b, m.authenticated), m.senderData)
	return appendOpaque(b, m.ciphertext)
}

// A message is a parsed MLSMessage; one of the fields is set.
type message struct {
	wire       wireFormat
	public     *publicMessage
	private    *privateMessage
	welcome    *welcome
	groupInfo  *groupInfo
	keyPackage *keyPackage
}

func readMessage(r *reader) *message {
	if r.u16() != mls10 {
		r.fail()
	}
	m := &message{wire: wireFormat(r.u16())}
	switch m.wire {
	case wirePublic:
		m.public = readPublic(r)
	case wirePrivate:
		m.private = readPrivate(r)
	case wireWelcome:
		m.welcome = readWelcome(r)
	case wireGroupInfo:
		m.groupInfo = readGroupInfo(r)
	case wireKeyPackage:
		m.keyPackage = readKeyPackage(r)
	default:
		r.fail()
	}
	return m
}

// bytes encodes the message anew.
func (m *message) bytes() []byte {
	switch m.wire {
	case wirePublic:
		return appendMessage(m.wire, m.public.bytes())
	case wirePrivate:
		return appendMessage(m.wire, m.private.bytes())
	case wireWelcome:
		return appendMessage(m.wire, m.welcome.bytes())
	case wireGroupInfo:
		return appendMessage(m.wire, m.groupInfo.bytes())
	}
	return appendMessage(m.wire, m.keyPackage.raw)
}

// parseMessage decodes an MLSMessage. It keeps nothing of b.
func parseMessage(b []byte) (*message, error) {
	return decode("message", bytes.Clone(b), readMessage)
}

func appendMessage(wire wireFormat, body []byte) []byte {
	b := make([]byte, 0, len(body)+4)
	return append(appendU16(appendU16(b, mls10), uint16(wire)), body...)
}

var (
	errNotForUs = errors.New("mls: message is for another group")
	errEpoch    = errors.New("mls: message is of another epoch")
)
