package mls

// A groupContext sums up a group's state, RFC 9420 section 8.1.
type groupContext struct {
	suite      Suite
	groupID    []byte
	epoch      uint64
	treeHash   []byte
	transcript []byte // confirmed
	extensions []Extension
}

func readContext(r *reader) groupContext {
	if r.u16() != mls10 {
		r.fail()
	}
	return groupContext{
		suite: Suite(r.u16()), groupID: r.opaque(), epoch: r.u64(),
		treeHash: r.opaque(), transcript: r.opaque(), extensions: readExtensions(r),
	}
}

func (c *groupContext) append(b []byte) []byte {
	b = appendU16(appendU16(b, mls10), uint16(c.suite))
	b = appendU64(appendOpaque(b, c.groupID), c.epoch)
	b = appendOpaque(appendOpaque(b, c.treeHash), c.transcript)
	return appendExtensions(b, c.extensions)
}

func (c *groupContext) bytes() []byte { return c.append(make([]byte, 0, 256)) }

// epochSecrets are what the key schedule gives for one epoch, section 8.
type epochSecrets struct {
	init          secret
	senderData    secret
	encryption    secret // consumed by the secret tree
	exporter      secret
	external      secret
	confirmation  secret
	membership    secret
	resumption    secret
	authenticator secret
}

func (s *epochSecrets) all() []*secret {
	return []*secret{
		&s.init, &s.senderData, &s.encryption, &s.exporter, &s.external,
		&s.confirmation, &s.membership, &s.resumption, &s.authenticator,
	}
}

func (s *epochSecrets) wipe() {
	for _, x := range s.all() {
		x.wipe()
	}
}

// joiner is the secret that a Welcome carries.
func (p *params) joiner(init, commit secret, context []byte) secret {
	s := p.extract(init, commit)
	defer s.wipe()
	return p.expand(s, "joiner", context, p.nh())
}

// member is the key schedule's state between joiner and epoch secret.
func (p *params) member(joiner, psk secret) secret { return p.extract(joiner, psk) }

func (p *params) welcomeSecret(member secret) secret { return p.derive(member, "welcome") }

func (p *params) epochSecret(member secret, context []byte) secret {
	return p.expand(member, "epoch", context, p.nh())
}

// schedule derives an epoch's secrets from its epoch secret, table 4.
func (p *params) schedule(epoch secret) epochSecrets {
	return epochSecrets{
		init:          p.derive(epoch, "init"),
		senderData:    p.derive(epoch, "sender data"),
		encryption:    p.derive(epoch, "encryption"),
		exporter:      p.derive(epoch, "exporter"),
		external:      p.derive(epoch, "external"),
		confirmation:  p.derive(epoch, "confirm"),
		membership:    p.derive(epoch, "membership"),
		resumption:    p.derive(epoch, "resumption"),
		authenticator: p.derive(epoch, "authentication"),
	}
}

// export is MLS-Exporter, section 8.5.
func (p *params) export(exporter secret, label string, context []byte, n int) secret {
	s := p.derive(exporter, label)
	defer s.wipe()
	return p.expand(s, "exported", p.digest(context), n)
}

// confirmedHash and interimHash run the transcript, section 8.2.
func (p *params) confirmedHash(interim, input []byte) []byte { return p.digest(interim, input) }

func (p *params) interimHash(confirmed, tag []byte) []byte {
	return p.digest(confirmed, appendOpaque(nil, tag))
}
