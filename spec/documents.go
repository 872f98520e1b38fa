package spec

import "slices"

// DocumentKind names a kind of identity document, in rules, in credentials
// and on the wire.
type DocumentKind string

// The kinds that rules/national-2025.yaml accepts (enrollment.md R-ENR-01).
const (
	ResidentIdentityCard         DocumentKind = "resident-identity-card"
	HongKongMacauResidencePermit DocumentKind = "hong-kong-macau-residence-permit"
	TaiwanResidencePermit        DocumentKind = "taiwan-residence-permit"
	HongKongMacauTravelPermit    DocumentKind = "hong-kong-macau-travel-permit"
	TaiwanTravelPermit           DocumentKind = "taiwan-travel-permit"
	ForeignPermanentResidentCard DocumentKind = "foreign-permanent-resident-card"
	OverseasChinesePassport      DocumentKind = "overseas-chinese-passport"
)

// The kinds that are known and that the national rules refuse by name;
// rules/inclusive.yaml admits some of them.
const (
	ForeignPassport         DocumentKind = "foreign-passport"
	UNHCRCertificate        DocumentKind = "unhcr-certificate"
	AsylumSeekerCertificate DocumentKind = "asylum-seeker-certificate"
	OneWayPermit            DocumentKind = "one-way-permit"
	CommunityAttestation    DocumentKind = "community-attestation" // an invention of this project, see enrollment.md
	NoDocument              DocumentKind = ""                      // holds none of the kinds above
)

// AcceptedKinds are the seven kinds of the national rules and KnownKinds all
// that have a name, both in a fixed order.
var (
	AcceptedKinds = []DocumentKind{
		ResidentIdentityCard, HongKongMacauResidencePermit, TaiwanResidencePermit,
		HongKongMacauTravelPermit, TaiwanTravelPermit, ForeignPermanentResidentCard,
		OverseasChinesePassport,
	}
	KnownKinds = append(slices.Clone(AcceptedKinds),
		ForeignPassport, UNHCRCertificate, AsylumSeekerCertificate, OneWayPermit, CommunityAttestation)
)

// Known reports whether k is one of KnownKinds.
func (k DocumentKind) Known() bool { return slices.Contains(KnownKinds, k) }

// Tier is an age tier (age-tiers.md): it says who applies and who consents.
type Tier string

const (
	Under14    Tier = "under-14"    // a guardian consents and applies on the child's behalf
	From14To17 Tier = "14-to-17"    // the person applies under a guardian's supervision
	From18     Tier = "18-and-over" // the person applies alone
)

// Tiers lists the tiers, youngest first.
var Tiers = []Tier{Under14, From14To17, From18}

// Outcome is what a decision says of an application.
type Outcome string

const (
	Accepted Outcome = "accepted"
	Refused  Outcome = "refused"
)
