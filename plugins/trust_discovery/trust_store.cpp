#include "plugins/trust_discovery/trust_store.h"

#include "shared/base/file_traits.h"
#include "shared/x509/java_key_store.h"
#include "shared/x509/pem.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>

namespace perennial::plugins::trust {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t storeLimit = 8U << 20U; // bytes
constexpr std::size_t mostFiles = 5'000;      // of all stores together
constexpr std::size_t mostAnchors = 5'000;    // of one file
constexpr int deepestFolder = 5;

struct Held {
    std::vector<Anchor> anchors;
    std::string fault; // the first one; "" for none
};

void note(Held& held, const std::string& fault)
{
    if (held.fault.empty()) held.fault = fault;
}

Held fromJava(const std::string& path, const std::string& bytes)
{
    const auto store = x509::readJavaKeyStore(bytes);
    if (!store) return {{}, store.error().message};
    Held held;
    for (const auto& entry : store->entries) {
        for (const auto& certificate : entry.certificates) {
            if (entry.trusted) held.anchors.push_back({path, entry.alias, certificate});
        }
    }
    if (store->unreadable > 0)
        note(held, std::to_string(store->unreadable) + " certificates cannot be read");
    if (store->cutShort) note(held, "what follows a secret key is not read");
    return held;
}

// All blocks that OpenSSL takes (PEM_read_bio_X509_AUX(3)). One that is broken takes no other's
// trust away: what is before it counts for OpenSSL too.
Held fromPem(const std::string& path, const std::string& text)
{
    Held held;
    for (const std::string_view label :
        {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}) {
        const auto blocks = x509::pemBlocks(text, label, mostAnchors + 1);
        if (!blocks) {
            note(held, blocks.error().message);
            continue;
        }
        for (const auto& der : *blocks) {
            const auto certificate = label == "TRUSTED CERTIFICATE"
                                         ? x509::Certificate::fromTrusted(der)
                                         : x509::Certificate::fromDer(der);
            if (!certificate)
                note(held, certificate.error().message);
            else if (held.anchors.size() == mostAnchors)
                note(held, "more than " + std::to_string(mostAnchors) + " certificates");
            else
                held.anchors.push_back({path, "", *certificate});
        }
    }
    return held;
}

Held heldBy(const std::string& path, const std::string& bytes)
{
    if (x509::looksLikeJavaKeyStore(bytes)) return fromJava(path, bytes);
    if (bytes.empty() || bytes.find("-----BEGIN ") != std::string::npos)
        return fromPem(path, bytes);
    return {{}, "is neither PEM nor a Java key store (JKS), and not read"};
}

} // namespace

bool isHashName(const std::string& name)
{
    constexpr std::size_t hashLength = 8;
    const auto isIn = [](std::string_view text, const char* characters) {
        return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
    };
    return name.size() > hashLength + 1 && name[hashLength] == '.' &&
           isIn(std::string_view(name).substr(0, hashLength), "0123456789abcdef") &&
           isIn(std::string_view(name).substr(hashLength + 1), "0123456789");
}

bool TrustStores::takeFile(const std::string& path)
{
    if (filesRead_ == mostFiles) found_.skip(path + ": too many files of trust stores");
    return filesRead_++ < mostFiles;
}

std::vector<Anchor> TrustStores::anchorsOf(const std::string& path)
{
    if (!takeFile(path)) return {};
    const auto resolved = resolveLinks(path);
    if (!resolved) {
        found_.skip(resolved.error().message);
        return {};
    }
    const auto text = files_.read(*resolved, storeLimit);
    if (!text) {
        found_.skip(text.error().message);
        return {};
    }
    auto held = heldBy(resolved->string(), *text);
    if (!held.fault.empty()) found_.skip(path + ": " + held.fault);
    return std::move(held.anchors);
}

std::vector<Anchor> TrustStores::anchorsIn(const std::string& store)
{
    std::error_code problem;
    if (!fs::exists(store, problem)) return {};
    if (!fs::is_directory(store, problem)) return anchorsOf(store);
    const auto names = files_.list(store);
    if (!names) {
        found_.skip(names.error().message);
        return {};
    }
    std::vector<Anchor> anchors;
    for (const auto& name : *names) {
        if (!isHashName(name)) continue;
        auto some = anchorsOf((fs::path(store) / name).string());
        anchors.insert(anchors.end(), std::make_move_iterator(some.begin()),
            std::make_move_iterator(some.end()));
    }
    return anchors;
}

void TrustStores::addBelow(
    const std::string& folder, int depth, std::set<std::string>& fingerprints)
{
    const auto names = files_.list(folder);
    if (!names) return found_.skip(names.error().message);
    for (const auto& name : *names) {
        const auto path = (fs::path(folder) / name).string();
        const auto facts = files_.inspect(path);
        if (facts && facts->type == FileFacts::Type::Folder && depth < deepestFolder)
            addBelow(path, depth + 1, fingerprints);
        if (!facts || facts->type != FileFacts::Type::Regular || filesRead_ == mostFiles) continue;
        for (const auto& anchor : anchorsOf(path))
            fingerprints.insert(anchor.certificate.fingerprint());
    }
}

std::set<std::string> TrustStores::fingerprintsBelow(const std::string& folder)
{
    std::set<std::string> fingerprints;
    std::error_code problem;
    if (fs::is_directory(folder, problem)) addBelow(folder, 0, fingerprints);
    return fingerprints;
}

} // namespace perennial::plugins::trust
