#pragma once

#include "shared/base/clock.h"
#include "shared/model/identifiers.h"
#include "shared/x509/certificate.h"

#include <optional>
#include <string>
#include <vector>

namespace perennial::model {

// What the rules and the inventory know of a certificate. Text comes from outside: print it with
// toPrintable.
struct CertificateFacts {
    Fingerprint fingerprint;
    std::string serial; // upper-case hex
    std::string subject;
    std::string issuer;
    std::string displayName;
    std::vector<std::string> names; // "dns:web1.example.test", sorted
    std::string keyType;
    std::string signatureAlgorithm;
    TimePoint notBefore;
    TimePoint notAfter;
    std::vector<std::string> extendedKeyUsages; // OIDs
    std::string templateOid;                    // empty when the certificate names none
    bool selfSigned = false;
    friend bool operator==(const CertificateFacts&, const CertificateFacts&) = default;
};
CertificateFacts factsOf(const x509::Certificate& certificate);

struct Listener {
    std::string host; // numeric address
    int port = 0;
    std::string serverName; // SNI; empty for none
    Fingerprint served;     // what it showed at the last look; empty when it did not answer
    // How TLS is asked for: "smtp", "imap", "pop3", "postgresql", "ldap", "mysql"; empty: at once.
    std::string startTls = {};
    // Known only because it showed this certificate once: no configuration names it.
    bool observed = false;
    friend auto operator<=>(const Listener&, const Listener&) = default;
};

// Where a certificate lives on a host, in UTF-8: a source passes over paths that are not. The slot
// stays the same when the certificate in it changes.
struct Place {
    std::string store; // "pem", "pkcs12", "nss" or "pkcs11"
    // Leaf and intermediates in one file. Of PKCS#12 both paths are the file; of a database of NSS
    // both are its folder and the nickname, and no file. Of a PKCS#11 token the key's is a
    // TokenUri, the certificate's a file or one too.
    std::string certificatePath;
    std::string keyPath;
    friend auto operator<=>(const Place&, const Place&) = default;
};
SlotId slotIdOf(const Place& place); // from the SHA-256 of the place: the same after every restart

// One managed certificate on one agent, whatever is in it now.
struct Slot {
    SlotId id;
    Place place;
    std::string service;             // "nginx", or empty when no service was found to use it
    std::vector<Listener> listeners; // sorted
    CertificateFacts certificate;
    std::string certificatePem;        // leaf first; public
    std::vector<std::string> warnings; // "key file is readable by others", ...
    bool isEmpty() const { return certificate.fingerprint.empty(); } // only wanted: wantedSlots()
    friend bool operator==(const Slot&, const Slot&) = default;
};

// A certificate, or a file that holds some, that was found and is no slot: nothing renews it.
struct FoundCertificate {
    Place place; // store: "pem", "der", "pkcs7", "pkcs12", "jks", "nss", "pkcs11", "credential";
                 // keyPath only of a key that matches
    std::string kind;   // "end-entity", "authority", "trust", "local-trust"; "unknown": unreadable
    std::string entry;  // its alias in a key store, otherwise empty
    std::string reason; // why it is no slot: "no key was found for it"
    std::optional<CertificateFacts> certificate; // unset: encrypted, or damaged
    friend bool operator==(const FoundCertificate&, const FoundCertificate&) = default;
};

struct InventoryReport {
    TimePoint scannedAt;
    std::vector<Slot> slots;          // sorted by id
    std::vector<std::string> skipped; // "/srv/x.pem: over 1 MB", ...; at most 1000
    // What else there is, sorted by place. It stays on the host: no message to a controller has it.
    std::vector<FoundCertificate> found = {};
    // Files and patterns of services' configurations, sorted: where changes matter. Stays as well.
    std::vector<std::string> configuration = {};
};

} // namespace perennial::model
