package cardcmd

import (
	"cmp"
	"strings"

	"incamera/identity"
)

// words are what the report says to people in one language. Fields that end in
// F are formats; both languages take the same arguments.
type words struct {
	// labels
	policyF, revocation, attestation, policies, card, pin, touch, slot, slots, attested, admitted string
	// of the policy
	nothingSet, offline, unreadPolicy, noRoots string
	// of readers and cards
	noReader, readers, empty, serialF, triesUnknown, blocked, oneTry, triesF, touched, vouched, no, yes, refusedF string
	// of certificates
	issuedF, numberF, validF, expired, notYet, oneDay, daysF, forF, policiesF, none string
	kinds                                                                           map[identity.CertificateKind]string
	// why a card would not be let in
	noCertificate, pinBlocked, removed, contactless, notPIV, noService, slow, busyF, otherProgram, unreadable, unjudgedF   string
	expiredF, notYetF, issuerF, wrongPolicy, wrongPurpose, noPIN, wrongName, bad, revokedF, revocationUnknown, notAttested string
}

var english = words{
	policyF: "Policy: %s", revocation: "Revocation", attestation: "Attestation", policies: "Asks for", card: "Card", pin: "PIN",
	touch: "Touch", slot: "Slot", slots: "Slots", attested: "Attested", admitted: "Admitted",

	nothingSet:   "nothing is set",
	offline:      "Nobody is asked whether a certificate was revoked (--offline).",
	unreadPolicy: "this workstation's policy cannot be read",
	noRoots:      "this workstation's policy names no root to judge by",

	noReader: "No card reader.", readers: "Readers", empty: "empty", serialF: "%s, serial number %s",
	triesUnknown: "the card does not tell how many tries are left",
	blocked:      "BLOCKED, no tries left", oneTry: "1 try left", triesF: "%d tries left",
	touched: "asked for at each signature", vouched: "yes: the maker vouches for the key", no: "no",
	yes: "yes, if the PIN is right", refusedF: "NO. %s",

	issuedF: "issued by %s", numberF: "%s, number %s", validF: "valid %s to %s", expired: "EXPIRED", notYet: "NOT YET VALID",
	oneDay: "1 day left", daysF: "%d days left", forF: "for %s", policiesF: "policies %s", none: "—",
	kinds: map[identity.CertificateKind]string{
		identity.CardCertificate: "card's certificate", identity.IssuerCertificate: "issuer's certificate",
		identity.SessionCertificate: "session certificate",
	},

	noCertificate: "The card holds no certificate for signing in (slot 9A).",
	pinBlocked:    "The card's PIN is blocked. It has to be unblocked with the PUK, or by whoever issued the card.",
	removed:       "The card was taken out.",
	contactless:   "This reader is contactless: the card signs in only in a reader with a slot.",
	notPIV:        "This is no PIV card, or it is the wrong way round.",
	noService:     "This machine's smartcard service is not running.",
	slow:          "The card takes too long to be read. Take it out and put it in again.",
	busyF:         "The card is in use by %s.", otherProgram: "another program",
	unreadable: "The card cannot be read.",
	unjudgedF:  "It cannot be judged: %s.",

	expiredF:          "The %s expired on %s. It has to be renewed.",
	notYetF:           "The %s is not valid before %s. If that is past, this machine's clock is wrong.",
	issuerF:           "The certificate's issuer, “%s”, leads to none of the House's roots.",
	wrongPolicy:       "The certificate was not issued under a policy that the House asks for.",
	wrongPurpose:      "The certificate is not for signing in.",
	noPIN:             "The certificate is for card authentication, which asks for no PIN, and so proves no person.",
	wrongName:         "An issuer of the certificate may not give the name that is in it.",
	bad:               "The certificate is damaged or breaks a rule. It has to be issued again.",
	revokedF:          "The %s was revoked on %s.",
	revocationUnknown: "Nobody could say whether the certificate was revoked, and the House's policy insists on knowing.",
	notAttested:       "The card's maker does not vouch for the key, and the House's policy insists on it.",
}

var french = words{
	policyF: "Politique : %s", revocation: "Révocation", attestation: "Attestation", policies: "Exige", card: "Carte", pin: "NIP",
	touch: "Toucher", slot: "Clé", slots: "Clés", attested: "Attestée", admitted: "Admise",

	nothingSet:   "rien n’est fixé",
	offline:      "Personne n’est consulté sur la révocation des certificats (--offline).",
	unreadPolicy: "la politique de ce poste est illisible",
	noRoots:      "la politique de ce poste ne nomme aucune racine",

	noReader: "Aucun lecteur de carte.", readers: "Lecteurs", empty: "vide", serialF: "%s, numéro de série %s",
	triesUnknown: "la carte ne dit pas combien d’essais il reste",
	blocked:      "BLOQUÉ, aucun essai restant", oneTry: "1 essai restant", triesF: "%d essais restants",
	touched: "demandé à chaque signature", vouched: "oui : le fabricant se porte garant de la clé", no: "non",
	yes: "oui, si le NIP est juste", refusedF: "NON. %s",

	issuedF: "délivré par %s", numberF: "%s, numéro %s", validF: "valide du %s au %s", expired: "ÉCHU", notYet: "PAS ENCORE VALIDE",
	oneDay: "1 jour restant", daysF: "%d jours restants", forF: "pour %s", policiesF: "politiques %s", none: "—",
	kinds: map[identity.CertificateKind]string{
		identity.CardCertificate: "certificat de la carte", identity.IssuerCertificate: "certificat de l’émetteur",
		identity.SessionCertificate: "certificat de session",
	},

	noCertificate: "La carte n’a pas de certificat pour ouvrir une session (clé 9A).",
	pinBlocked:    "Le NIP de la carte est bloqué. Il se débloque avec le code PUK, ou chez l’émetteur de la carte.",
	removed:       "La carte a été retirée.",
	contactless:   "Ce lecteur est sans contact : la carte n’ouvre une session que dans un lecteur à fente.",
	notPIV:        "Ce n’est pas une carte PIV, ou elle est insérée à l’envers.",
	noService:     "Le service de cartes de ce poste ne fonctionne pas.",
	slow:          "La lecture de la carte dure trop longtemps. Retirez-la et remettez-la.",
	busyF:         "La carte est utilisée par %s.", otherProgram: "un autre programme",
	unreadable: "La carte est illisible.",
	unjudgedF:  "Elle ne peut être jugée : %s.",

	expiredF:          "Le %s est échu depuis le %s. Il faut le renouveler.",
	notYetF:           "Le %s n’est pas valide avant le %s. Si cette date est passée, l’horloge de ce poste est fausse.",
	issuerF:           "L’émetteur du certificat, « %s », ne mène à aucune racine de la Chambre.",
	wrongPolicy:       "Le certificat n’a pas été délivré selon une politique que la Chambre exige.",
	wrongPurpose:      "Le certificat ne sert pas à ouvrir une session.",
	noPIN:             "Le certificat authentifie la carte sans NIP : il ne prouve l’identité de personne.",
	wrongName:         "Un émetteur du certificat n’a pas le droit de donner le nom qui y figure.",
	bad:               "Le certificat est endommagé ou enfreint une règle. Il faut en délivrer un autre.",
	revokedF:          "Le %s a été révoqué le %s.",
	revocationUnknown: "Personne n’a pu dire si le certificat est révoqué, et la politique de la Chambre exige de le savoir.",
	notAttested:       "Le fabricant de la carte ne se porte pas garant de la clé, et la politique de la Chambre l’exige.",
}

// inLanguage returns the words of the first language that is named.
func inLanguage(names ...string) *words {
	if strings.HasPrefix(strings.ToLower(cmp.Or(names...)), "fr") {
		return &french
	}
	return &english
}
