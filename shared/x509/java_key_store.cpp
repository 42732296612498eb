#include "shared/x509/java_key_store.h"

#include "shared/base/encoding.h"

namespace perennial::x509 {

namespace {

constexpr std::string_view jksMagic = "\xFE\xED\xFE\xED";
constexpr std::string_view jceksMagic = "\xCE\xCE\xCE\xCE";
constexpr std::size_t digestSize = 20;
constexpr std::uint32_t mostEntries = 10'000;
constexpr std::uint32_t longestChain = 100;

enum Tag : std::uint32_t { privateKey = 1, trustedCertificate = 2, secretKey = 3 };

Error refusal(const std::string& what)
{
    return Error{ErrorKind::InvalidInput, "Java key store: " + what};
}

// Big-endian numbers and counted bytes (java.io.DataOutputStream). Past the end it gives nothing
// and remembers.
class Input {
public:
    explicit Input(std::string_view bytes) : left_(bytes) {}

    std::uint32_t number(std::size_t size)
    {
        std::uint32_t value = 0;
        for (const char byte : take(size))
            value = (value << 8U) | static_cast<unsigned char>(byte);
        return value;
    }
    std::string_view take(std::size_t size)
    {
        if (cut_ || size > left_.size()) {
            cut_ = true;
            return {};
        }
        const auto taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }
    std::string_view counted(std::size_t sizeOfCount) { return take(number(sizeOfCount)); }
    bool cut() const { return cut_; }
    std::size_t left() const { return left_.size(); }

private:
    std::string_view left_;
    bool cut_ = false;
};

void takeCertificate(Input& in, std::uint32_t version, JavaKeyStore& store, KeyStoreEntry& entry)
{
    const auto type = version == 2 ? in.counted(2) : std::string_view("X.509");
    const auto der = in.counted(4);
    if (in.cut()) return;
    auto certificate = type == "X.509" ? Certificate::fromDer(der) : refusal("another type");
    if (certificate)
        entry.certificates.push_back(*std::move(certificate));
    else
        ++store.unreadable;
}

// False where nothing more can be read.
Result<bool> takeEntry(Input& in, std::uint32_t version, bool jceks, JavaKeyStore& store)
{
    const auto tag = in.number(4);
    KeyStoreEntry entry;
    entry.alias = in.counted(2);
    in.take(8); // when it was made
    if (in.cut()) return refusal("cut short");
    if (!isValidUtf8(entry.alias)) entry.alias = toPrintable(entry.alias);
    if (tag == secretKey && jceks) {
        store.cutShort = true;
        return false;
    }
    std::uint32_t chain = 1;
    if (tag == privateKey) {
        in.counted(4); // the encrypted key
        chain = in.number(4);
        if (chain > longestChain) return refusal("a chain that is too long");
    } else if (tag != trustedCertificate) {
        return refusal("an unknown kind of entry");
    }
    entry.trusted = tag == trustedCertificate;
    for (std::uint32_t i = 0; i < chain && !in.cut(); ++i)
        takeCertificate(in, version, store, entry);
    if (in.cut()) return refusal("cut short");
    store.entries.push_back(std::move(entry));
    return true;
}

} // namespace

bool looksLikeJavaKeyStore(std::string_view bytes)
{
    return bytes.starts_with(jksMagic) || bytes.starts_with(jceksMagic);
}

Result<JavaKeyStore> readJavaKeyStore(std::string_view bytes)
{
    if (!looksLikeJavaKeyStore(bytes)) return refusal("not one");
    Input in(bytes);
    const bool jceks = in.take(4) == jceksMagic;
    const auto version = in.number(4);
    const auto count = in.number(4);
    if (in.cut()) return refusal("cut short");
    if (version != 1 && version != 2) return refusal("an unknown version");
    if (count > mostEntries) return refusal("too many entries");
    JavaKeyStore store;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto more = takeEntry(in, version, jceks, store);
        if (!more) return more.error();
        if (!*more) return store;
    }
    if (in.left() != digestSize) return refusal("its end is not where it should be");
    return store;
}

} // namespace perennial::x509
