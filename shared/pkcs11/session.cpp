#include "shared/pkcs11/session.h"

#include "shared/x509/public_key_parts.h"

#include <array>
#include <cstring>
#include <p11-kit/pkcs11.h>

namespace perennial::pkcs11 {

namespace {

constexpr std::size_t keyPartLimit = 4096; // a modulus, a point
constexpr std::size_t signatureLimit = 2048;
constexpr int mostRounds = 10'000; // of a search: a token that never ends
constexpr std::size_t labelForMessages = 100;

CK_OBJECT_CLASS classOf(ObjectClass kind)
{
    switch (kind) {
    case ObjectClass::Certificate: return CKO_CERTIFICATE;
    case ObjectClass::PublicKey: return CKO_PUBLIC_KEY;
    case ObjectClass::PrivateKey: return CKO_PRIVATE_KEY;
    }
    return CKO_VENDOR_DEFINED;
}

// A template: what its values point to lives as long as it does.
class Template {
public:
    void add(CK_ATTRIBUTE_TYPE type, const std::string& value)
    {
        values_.push_back(std::make_unique<std::string>(value));
        attributes_.push_back({type, values_.back()->data(), values_.back()->size()});
    }
    void addFlag(CK_ATTRIBUTE_TYPE type, bool set)
    {
        const CK_BBOOL value = set ? CK_TRUE : CK_FALSE;
        add(type, std::string(1, static_cast<char>(value)));
    }
    void addNumber(CK_ATTRIBUTE_TYPE type, CK_ULONG number)
    {
        std::string value(sizeof number, '\0');
        std::memcpy(value.data(), &number, sizeof number);
        add(type, value);
    }
    CK_ATTRIBUTE* data() { return attributes_.data(); }
    CK_ULONG size() const { return attributes_.size(); }

private:
    std::vector<std::unique_ptr<std::string>> values_;
    std::vector<CK_ATTRIBUTE> attributes_;
};

CK_BYTE* writable(std::string_view bytes)
{
    return reinterpret_cast<CK_BYTE*>(const_cast<char*>(bytes.data()));
}

Error tooLarge(const char* what)
{
    return {ErrorKind::InvalidInput, std::string("PKCS#11: ") + what + " is over its limit"};
}

// The parameters that go with RSASSA-PSS of a digest of this length, salt as long as it.
std::optional<CK_RSA_PKCS_PSS_PARAMS> pssFor(std::size_t digestSize)
{
    switch (digestSize) {
    case 32: return CK_RSA_PKCS_PSS_PARAMS{CKM_SHA256, CKG_MGF1_SHA256, 32};
    case 48: return CK_RSA_PKCS_PSS_PARAMS{CKM_SHA384, CKG_MGF1_SHA384, 48};
    case 64: return CK_RSA_PKCS_PSS_PARAMS{CKM_SHA512, CKG_MGF1_SHA512, 64};
    default: return std::nullopt;
    }
}

} // namespace

Result<Session> Session::open(const Module& module, const Token& token, Access access)
{
    CK_SESSION_HANDLE handle = 0;
    const CK_FLAGS flags =
        CKF_SERIAL_SESSION | (access == Access::Write ? CK_FLAGS{CKF_RW_SESSION} : CK_FLAGS{0});
    auto& functions = module.functions();
    const auto opened = functions.C_OpenSession(token.slot, flags, nullptr, nullptr, &handle);
    if (opened != CKR_OK) return moduleError("C_OpenSession", opened);
    return Session(functions, handle, token.flags);
}

Session::~Session()
{
    if (open_) functions_->C_CloseSession(handle_);
}

Session::Session(Session&& other) noexcept
    : functions_(other.functions_), handle_(other.handle_), tokenFlags_(other.tokenFlags_),
      open_(std::exchange(other.open_, false))
{
}

Status Session::login(const Secret& pin)
{
    if (auto status = mayTryPin(tokenFlags_); !status) return status;
    const auto text = pin.reveal();
    const auto done = functions_->C_Login(handle_, CKU_USER, writable(text), text.size());
    return done == CKR_OK ? Status() : moduleError("C_Login", done);
}

Result<Session::Found> Session::find(ObjectClass kind, const Query& query, std::size_t limit) const
{
    Template wanted;
    wanted.addNumber(CKA_CLASS, classOf(kind));
    wanted.addFlag(CKA_TOKEN, true);
    if (query.label) wanted.add(CKA_LABEL, *query.label);
    if (query.id) wanted.add(CKA_ID, *query.id);
    const auto begun = functions_->C_FindObjectsInit(handle_, wanted.data(), wanted.size());
    if (begun != CKR_OK) return moduleError("C_FindObjectsInit", begun);
    Found found;
    std::vector<CK_OBJECT_HANDLE> handles;
    CK_RV failed = CKR_OK;
    for (int round = 0; round < mostRounds && !found.more; ++round) {
        std::array<CK_OBJECT_HANDLE, 64> batch{};
        CK_ULONG count = 0;
        failed = functions_->C_FindObjects(handle_, batch.data(), batch.size(), &count);
        if (failed != CKR_OK || count == 0) break;
        for (std::size_t i = 0; i < count && i < batch.size(); ++i) {
            found.more = handles.size() >= limit;
            if (!found.more) handles.push_back(batch.at(i));
        }
    }
    functions_->C_FindObjectsFinal(handle_);
    if (failed != CKR_OK) return moduleError("C_FindObjects", failed);
    for (const auto handle : handles)
        found.objects.push_back({handle, attributeOr(handle, CKA_LABEL, labelLimit),
            attributeOr(handle, CKA_ID, idLimit)});
    return found;
}

Result<Bytes> Session::attribute(unsigned long object, unsigned long type, std::size_t limit) const
{
    CK_ATTRIBUTE wanted{type, nullptr, 0};
    const auto asked = functions_->C_GetAttributeValue(handle_, object, &wanted, 1);
    if (asked != CKR_OK) return moduleError("C_GetAttributeValue", asked);
    if (wanted.ulValueLen == CK_UNAVAILABLE_INFORMATION || wanted.ulValueLen > limit)
        return tooLarge("an object's attribute");
    Bytes value(wanted.ulValueLen, '\0');
    if (value.empty()) return value;
    wanted.pValue = value.data();
    const auto got = functions_->C_GetAttributeValue(handle_, object, &wanted, 1);
    if (got != CKR_OK) return moduleError("C_GetAttributeValue", got);
    if (wanted.ulValueLen > value.size()) return tooLarge("an object's attribute");
    value.resize(wanted.ulValueLen);
    return value;
}

std::string Session::attributeOr(unsigned long object, unsigned long type, std::size_t limit) const
{
    auto value = attribute(object, type, limit);
    return value ? *std::move(value) : std::string();
}

Result<unsigned long> Session::number(unsigned long object, unsigned long type) const
{
    const auto bytes = attribute(object, type, sizeof(CK_ULONG));
    if (!bytes) return bytes.error();
    CK_ULONG value = 0;
    if (bytes->size() != sizeof value) return tooLarge("a number");
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
}

Result<Bytes> Session::certificate(const Object& object, std::size_t limit) const
{
    const auto type = number(object.handle, CKA_CERTIFICATE_TYPE);
    if (!type) return type.error();
    if (*type != CKC_X_509)
        return Error{ErrorKind::InvalidInput, "PKCS#11: a certificate that is none of X.509"};
    return attribute(object.handle, CKA_VALUE, limit);
}

Result<Bytes> Session::publicKeyDer(const Object& publicKey) const
{
    const auto type = number(publicKey.handle, CKA_KEY_TYPE);
    if (!type) return type.error();
    if (*type != CKK_RSA && *type != CKK_EC)
        return Error{ErrorKind::InvalidInput, "PKCS#11: a key that is neither RSA nor EC"};
    const bool rsa = *type == CKK_RSA;
    const auto first = attribute(publicKey.handle, rsa ? CKA_MODULUS : CKA_EC_PARAMS, keyPartLimit);
    if (!first) return first.error();
    const auto second =
        attribute(publicKey.handle, rsa ? CKA_PUBLIC_EXPONENT : CKA_EC_POINT, keyPartLimit);
    if (!second) return second.error();
    return rsa ? x509::rsaPublicKeyDer(*first, *second) : x509::ecPublicKeyDer(*first, *second);
}

Status Session::generate(std::string_view keyType, const std::string& label, const Bytes& id) const
{
    Template publicPart;
    Template privatePart;
    for (auto* part : {&publicPart, &privatePart}) {
        part->addFlag(CKA_TOKEN, true);
        part->add(CKA_LABEL, label);
        part->add(CKA_ID, id);
    }
    publicPart.addFlag(CKA_VERIFY, true);
    for (const auto flag : {CKA_PRIVATE, CKA_SENSITIVE, CKA_SIGN})
        privatePart.addFlag(flag, true);
    privatePart.addFlag(CKA_EXTRACTABLE, false);
    CK_MECHANISM mechanism{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
    if (keyType.starts_with("rsa-")) {
        mechanism.mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN;
        const CK_ULONG bits = std::stoul(std::string(keyType.substr(4)));
        publicPart.addNumber(CKA_MODULUS_BITS, bits);
        publicPart.add(CKA_PUBLIC_EXPONENT, std::string("\x01\x00\x01", 3));
    } else {
        const auto curve = x509::ecParametersDer(keyType);
        if (curve.empty())
            return Error{ErrorKind::InvalidInput, "PKCS#11: no type of key that can be made"};
        publicPart.add(CKA_EC_PARAMS, curve);
    }
    CK_OBJECT_HANDLE made[2] = {};
    const auto done = functions_->C_GenerateKeyPair(handle_, &mechanism, publicPart.data(),
        publicPart.size(), privatePart.data(), privatePart.size(), &made[0], &made[1]);
    return done == CKR_OK ? Status() : moduleError("C_GenerateKeyPair", done);
}

Status Session::setLabel(const Object& object, const std::string& label) const
{
    Template changed;
    changed.add(CKA_LABEL, label);
    const auto done =
        functions_->C_SetAttributeValue(handle_, object.handle, changed.data(), changed.size());
    if (done == CKR_OK) return {};
    return moduleError("C_SetAttributeValue", done).in(toPrintable(label, labelForMessages));
}

Status Session::destroy(const Object& object) const
{
    const auto done = functions_->C_DestroyObject(handle_, object.handle);
    return done == CKR_OK ? Status() : moduleError("C_DestroyObject", done);
}

Result<Bytes> Session::sign(const Object& privateKey, const x509::DigestToSign& wanted) const
{
    using x509::SignatureScheme;
    auto pss = pssFor(wanted.digest.size());
    if (!pss) return Error{ErrorKind::InvalidInput, "PKCS#11: only digests of SHA-2 are signed"};
    // Modules have been seen to die of a mechanism that does not go with the key.
    const auto type = number(privateKey.handle, CKA_KEY_TYPE);
    if (!type) return type.error();
    if (*type != (wanted.scheme == SignatureScheme::Ecdsa ? CKK_EC : CKK_RSA))
        return Error{ErrorKind::InvalidInput, "PKCS#11: the key is of another type"};
    CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
    Bytes input(wanted.digest);
    if (wanted.scheme == SignatureScheme::RsaPss) {
        mechanism = {CKM_RSA_PKCS_PSS, &*pss, sizeof *pss};
    } else if (wanted.scheme == SignatureScheme::RsaPkcs1) {
        mechanism.mechanism = CKM_RSA_PKCS;
        auto info = x509::digestInfoDer(wanted.digest);
        if (!info) return info.error();
        input = *std::move(info);
    }
    const auto begun = functions_->C_SignInit(handle_, &mechanism, privateKey.handle);
    if (begun != CKR_OK) return moduleError("C_SignInit", begun);
    Bytes signature(signatureLimit, '\0');
    CK_ULONG size = signature.size();
    const auto done =
        functions_->C_Sign(handle_, writable(input), input.size(), writable(signature), &size);
    if (done != CKR_OK) return moduleError("C_Sign", done);
    if (size > signature.size()) return tooLarge("a signature");
    signature.resize(size);
    if (wanted.scheme == SignatureScheme::Ecdsa) return x509::ecdsaSignatureDer(signature);
    return signature;
}

} // namespace perennial::pkcs11
