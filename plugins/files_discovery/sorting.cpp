#include "plugins/files_discovery/sorting.h"

#include "plugins/files_discovery/key_pairing.h"
#include "shared/base/owner_shares.h"
#include "shared/nss/nss_database.h"
#include "shared/nss/nss_entries.h"

#include <filesystem>
#include <map>

namespace perennial::plugins::files {

namespace {

constexpr std::size_t mostPlaces = 20'000;
constexpr std::size_t mostFound = 20'000;
constexpr std::size_t longestChain = 10;      // more is a bundle
constexpr std::uint64_t replaceable = 95'000; // what the installer can put back

struct Keys {
    explicit Keys(const KeyPairing::MayRead& mayRead) : inPem(mayRead), anyForm(mayRead) {}
    KeyPairing inPem; // what an installer can replace
    KeyPairing anyForm;
    std::map<std::string, std::set<std::string>> ofNss = {}; // by the file: CKA_ID
};

PairedFile pairedFile(const ReadFile& file) { return {file.path, file.readers, file.inOpenFolder}; }

Keys keysOf(const std::vector<ReadFile>& files, const KeyPairing::MayRead& mayRead)
{
    Keys keys(mayRead);
    for (const auto& file : files) {
        const auto& content = *file.content;
        if (!content.hasKey) continue;
        if (content.store == "nss") {
            keys.ofNss[file.path] = {content.keyPins.begin(), content.keyPins.end()};
            continue;
        }
        if (content.keyInPem && file.size <= replaceable)
            keys.inPem.addKey(
                pairedFile(file), content.keyPins.empty() ? "" : content.keyPins.front());
        for (const auto& pin : content.keyPins)
            keys.anyForm.addKey(pairedFile(file), pin);
    }
    return keys;
}

// "" when the file can be a slot, if it has a key.
std::string whyNoSlot(const ReadFile& file)
{
    const auto& content = *file.content;
    const auto& first = content.certificates.front();
    if (first.trusted) return "it is there to be trusted";
    if (first.authority) return "the certificate of an authority";
    if (content.store == "pkcs12")
        return "in a PKCS#12 file: renewed where a key_store source names it";
    if (content.store != "pem") return "kept as " + content.store + ", which nothing here renews";
    if (content.certificates.size() > longestChain)
        return "one of " + std::to_string(content.certificates.size()) + " certificates in a file";
    if (file.size > replaceable)
        return "in a file of over " + std::to_string(replaceable) + " bytes";
    if (!content.fault.empty()) return "in a file that is damaged";
    return {};
}

std::string kindOf(const HeldCertificate& held, const FileContent& content)
{
    const bool bundle =
        content.certificates.front().authority && content.certificates.size() > longestChain;
    if (held.trusted || (held.authority && bundle)) return "trust";
    return held.authority ? "authority" : "end-entity";
}

class Sorting {
public:
    Sorting(const std::vector<ReadFile>& files, Discovery& found)
        : keys_(keysOf(files, [members = GroupMembers()](uid_t user,
                                  const FileReaders& key) { return members.mayRead(user, key); })),
          found_(found)
    {
        for (const bool trusted : {true, false}) {
            for (const auto& file : files) {
                owner_ = file.readers.owner;
                if (places_.isTrusted(owner_) == trusted) take(file);
            }
        }
        if (morePlaces_ > 0)
            found.skip(std::to_string(morePlaces_) + " more files with certificates");
        if (moreFound_ > 0)
            found.skip(std::to_string(moreFound_) + " more certificates that are no slots");
    }

private:
    void take(const ReadFile& file)
    {
        const auto& content = *file.content;
        if (!content.fault.empty()) found_.skip(file.path + ": " + content.fault);
        if (content.certificates.empty()) {
            if (content.locked)
                add({{content.store, file.path, ""}, "unknown", "",
                    "encrypted, and no password that opens it is known", std::nullopt});
            return;
        }
        if (content.store == "nss") return takeNss(file);
        auto why = whyNoSlot(file);
        if (why.empty()) {
            const auto& pin = content.certificates.front().pin;
            const auto key = keys_.inPem.keyFor(pairedFile(file), pin);
            if (key) return addPlace({{"pem", file.path, *key}, "", {}});
            why = keys_.inPem.hasKey(pin) ? "its key is another user's, who may not let it be read"
                                          : "no key was found for it";
        }
        addCertificates(file, why);
    }

    // Each certificate in a database of NSS is an entry of its own.
    void takeNss(const ReadFile& file)
    {
        const std::filesystem::path path(file.path);
        const auto keysPath = (path.parent_path() / nss::keysFile).string();
        const bool inUse = path.filename() == nss::certificatesFile; // otherwise a copy
        const auto& certificates = file.content->certificates;
        std::vector<nss::Entry> entries;
        for (const auto& held : certificates)
            entries.push_back({held.entry, held.pin, held.authority});
        const auto keys = keys_.ofNss.find(keysPath);
        const std::set<std::string> none;
        const auto reasons =
            nss::whyNoSlots(entries, inUse && keys != keys_.ofNss.end() ? keys->second : none);
        for (std::size_t i = 0; i < certificates.size(); ++i) {
            const auto& held = certificates[i];
            const auto entry = (path.parent_path() / held.entry).string();
            if (reasons[i].empty())
                addPlace({{"nss", entry, entry}, "", {}});
            else
                add({{"nss", file.path, ""}, held.authority ? "authority" : "end-entity",
                    held.entry, reasons[i], held.facts});
        }
    }

    // The first, and those of its file that are not its chain.
    void addCertificates(const ReadFile& file, const std::string& why)
    {
        const auto& content = *file.content;
        const auto& first = content.certificates.front();
        for (const auto& held : content.certificates) {
            if (&held != &first && held.authority && !first.authority && !held.trusted) continue;
            const auto key = held.authority ? std::nullopt
                                            : keys_.anyForm.matchingKey(pairedFile(file), held.pin);
            add({{content.store, file.path, key.value_or("")}, kindOf(held, content), held.entry,
                held.authority && !held.trusted ? "the certificate of an authority" : why,
                held.facts});
        }
    }

    void addPlace(DiscoveredPlace place)
    {
        if (places_.left(owner_) == 0) {
            ++morePlaces_;
            return;
        }
        places_.spend(owner_, 1);
        place.foundOwner = owner_;
        found_.places.push_back(std::move(place));
    }

    void add(model::FoundCertificate certificate)
    {
        if (others_.left(owner_) == 0) {
            ++moreFound_;
            return;
        }
        others_.spend(owner_, 1);
        found_.found.push_back(std::move(certificate));
    }

    Keys keys_;
    Discovery& found_;
    OwnerShares places_{mostPlaces};
    OwnerShares others_{mostFound}; // that are no places
    uid_t owner_ = 0;               // of the file that is taken
    std::size_t morePlaces_ = 0;
    std::size_t moreFound_ = 0;
};

} // namespace

void sortOut(const std::vector<ReadFile>& files, Discovery& found) { Sorting(files, found); }

} // namespace perennial::plugins::files
