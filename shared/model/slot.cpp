#include "shared/model/slot.h"

#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::model {

CertificateFacts factsOf(const x509::Certificate& certificate)
{
    CertificateFacts facts;
    facts.fingerprint = Fingerprint(certificate.fingerprint());
    facts.serial = certificate.serial();
    facts.subject = certificate.subject();
    facts.issuer = certificate.issuer();
    facts.displayName = certificate.displayName();
    for (const auto& name : certificate.alternativeNames())
        facts.names.push_back(x509::toText(name));
    std::sort(facts.names.begin(), facts.names.end());
    facts.keyType = certificate.keyType();
    facts.signatureAlgorithm = certificate.signatureAlgorithm();
    facts.notBefore = certificate.notBefore();
    facts.notAfter = certificate.notAfter();
    facts.extendedKeyUsages = certificate.extendedKeyUsages();
    if (const auto information = certificate.templateInformation())
        facts.templateOid = information->oid;
    facts.selfSigned = certificate.isSelfIssued() && certificate.isSignedBy(certificate);
    return facts;
}

SlotId slotIdOf(const Place& place)
{
    // A zero byte cannot be part of a path, so no two places give the same text.
    std::string text = place.store;
    text += '\0';
    text += place.certificatePath;
    text += '\0';
    text += place.keyPath;
    return SlotId("slot-" + x509::sha256Hex(text).substr(0, 16));
}

} // namespace perennial::model
