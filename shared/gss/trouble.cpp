#include "shared/gss/trouble.h"

#include "shared/gss/gss_handles.h"

#include <optional>

namespace perennial::gss {

namespace {

std::optional<Trouble> ofKerberos(std::int32_t code)
{
    switch (code) {
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5_KDCREP_SKEW:
    case KRB5KDC_ERR_NEVER_VALID:
    // Of tickets that were asked for a moment ago.
    case KRB5KRB_AP_ERR_TKT_NYV:
    case KRB5KRB_AP_ERR_TKT_EXPIRED: return Trouble::Clock;
    case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
    case KRB5KDC_ERR_NAME_EXP:
    case KRB5KDC_ERR_CLIENT_REVOKED:
    case KRB5KDC_ERR_CLIENT_NOTYET: return Trouble::Principal;
    case KRB5KDC_ERR_KEY_EXP:
    case KRB5KDC_ERR_PREAUTH_FAILED:
    case KRB5KDC_ERR_ETYPE_NOSUPP:
    case KRB5KRB_AP_ERR_BAD_INTEGRITY: return Trouble::Key;
    case KRB5_KT_NOTFOUND:
    case KRB5_KT_KVNONOTFOUND:
    case KRB5_KEYTAB_BADVNO: return Trouble::Keytab;
    case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
    case KRB5KRB_AP_ERR_MODIFIED:
    case KRB5KRB_AP_ERR_NOKEY: return Trouble::Service;
    case KRB5_REALM_UNKNOWN:
    case KRB5_REALM_CANT_RESOLVE:
    case KRB5_CONFIG_NODEFREALM: return Trouble::Realm;
    case KRB5_KDC_UNREACH:
    case KRB5KDC_ERR_SVC_UNAVAILABLE: return Trouble::Kdc;
    case KRB5KDC_ERR_POLICY:
    case KRB5KDC_ERR_BADOPTION: return Trouble::Refused;
    default: return std::nullopt;
    }
}

} // namespace

Trouble troubleOf(std::uint32_t major, std::uint32_t minor)
{
    if (const auto known = ofKerberos(static_cast<std::int32_t>(minor))) return *known;
    switch (GSS_ROUTINE_ERROR(major)) {
    case GSS_S_COMPLETE: return Trouble::None;
    case GSS_S_NO_CRED: return Trouble::Keytab;
    case GSS_S_CREDENTIALS_EXPIRED: return Trouble::Clock;
    case GSS_S_BAD_BINDINGS:
    case GSS_S_DEFECTIVE_TOKEN:
    case GSS_S_BAD_SIG: return Trouble::Refused;
    default: return Trouble::Other;
    }
}

} // namespace perennial::gss
