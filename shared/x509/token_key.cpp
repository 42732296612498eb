// Debian 12 has the engine for PKCS#11 and no provider; OpenSSL 3 calls engines deprecated.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "shared/x509/token_key.h"

#include "shared/x509/openssl_errors.h"
#include "shared/x509/openssl_handles.h"
#include "shared/x509/public_key.h"

#include <openssl/engine.h>
#include <openssl/ui.h>

namespace perennial::x509 {

namespace {

using EngineHandle = std::unique_ptr<ENGINE, FreeWith<&ENGINE_free>>;

struct FinishEngine {
    void operator()(ENGINE* engine) const noexcept { ENGINE_finish(engine); }
};
using RunningEngine = std::unique_ptr<ENGINE, FinishEngine>; // a functional reference

bool control(ENGINE* engine, const char* command, const char* value)
{
    return ENGINE_ctrl_cmd_string(engine, command, value, 0) == 1;
}

Error unavailable(const std::string& what)
{
    return opensslError(ErrorKind::Unavailable, "PKCS#11: " + what);
}

// The engine is loaded once in a process and keeps the first module it was given: libp11 cannot be
// loaded twice.
Result<EngineHandle> loadEngine()
{
    EngineHandle engine(ENGINE_by_id("pkcs11"));
    if (!engine)
        return unavailable("the OpenSSL engine cannot be loaded; install libengine-pkcs11-openssl");
    return engine;
}

Status checkUri(const std::string& uri)
{
    if (uri.rfind("pkcs11:", 0) != 0)
        return Error{ErrorKind::InvalidInput, "PKCS#11: a key's address begins with pkcs11:"};
    if (uri.find("pin-value") != std::string::npos || uri.find("pin-source") != std::string::npos)
        return Error{ErrorKind::InvalidInput, "PKCS#11: a PIN has no place in a key's address"};
    return {};
}

} // namespace

Result<PrivateKey> openTokenKey(const Token& token, const std::string& uri)
{
    if (const auto checked = checkUri(uri); !checked) return checked.error();
    clearOpensslErrors();
    const auto engine = loadEngine();
    if (!engine) return engine.error();
    // A Secret's text is a std::string's, so a zero byte follows it.
    if (!control(engine->get(), "MODULE_PATH", token.module.c_str()) ||
        !control(engine->get(), "PIN", token.pin.reveal().data()))
        return unavailable("the engine does not take its settings");
    if (ENGINE_init(engine->get()) != 1)
        return unavailable("the module " + token.module + " cannot be used");
    const RunningEngine running(engine->get());
    // UI_null: nobody is asked at a terminal.
    KeyHandle key(ENGINE_load_private_key(
        running.get(), uri.c_str(), const_cast<UI_METHOD*>(UI_null()), nullptr));
    if (!key)
        return opensslError(ErrorKind::NotFound, "PKCS#11: no key at " + toPrintable(uri, 200) +
                                                     "; check the address, the token and the PIN");
    const int type = EVP_PKEY_get_base_id(key.get());
    if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
        return Error{ErrorKind::InvalidInput, "PKCS#11: a type of key that is not supported"};
    if (const auto size = checkKeySize(key.get()); !size) return size.error().in("PKCS#11");
    return PrivateKey::inToken(key.release());
}

} // namespace perennial::x509
