#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/revocation_list.h"

#include <openssl/objects.h>

namespace perennial::x509 {

namespace {

using PointsHandle = std::unique_ptr<CRL_DIST_POINTS, FreeWith<&CRL_DIST_POINTS_free>>;
using PointHandle = std::unique_ptr<DIST_POINT, FreeWith<&DIST_POINT_free>>;
using PointNameHandle = std::unique_ptr<DIST_POINT_NAME, FreeWith<&DIST_POINT_NAME_free>>;
using AccessHandle = std::unique_ptr<AUTHORITY_INFO_ACCESS, FreeWith<&AUTHORITY_INFO_ACCESS_free>>;
using DescriptionHandle = std::unique_ptr<ACCESS_DESCRIPTION, FreeWith<&ACCESS_DESCRIPTION_free>>;

Error outOfMemory() { return Error{ErrorKind::Internal, "OpenSSL: out of memory"}; }

GeneralNameHandle uriName(const std::string& url)
{
    GeneralNameHandle name(GENERAL_NAME_new());
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    if (!name || text == nullptr ||
        ASN1_STRING_set(text, url.data(), static_cast<int>(url.size())) != 1) {
        ASN1_IA5STRING_free(text);
        return {};
    }
    GENERAL_NAME_set0_value(name.get(), GEN_URI, text);
    return name;
}

// Printable ASCII without spaces: what IA5String holds and what can be an address.
Status checkUrls(const std::vector<std::string>& urls)
{
    for (const auto& url : urls) {
        for (const char c : url) {
            if (c <= ' ' || c > '~')
                return Error{ErrorKind::InvalidInput, toPrintable(url, 200) + " is no address"};
        }
        if (url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0 &&
            url.rfind("ldap://", 0) != 0)
            return Error{ErrorKind::InvalidInput, toPrintable(url, 200) + " is no address"};
    }
    return {};
}

// One distribution point with all the addresses: alternatives of the same CRL.
Result<Bytes> pointsDer(const std::vector<std::string>& urls)
{
    if (urls.empty())
        return Error{ErrorKind::InvalidInput, "a distribution point needs an address"};
    if (const auto checked = checkUrls(urls); !checked) return checked.error();
    const PointsHandle points(CRL_DIST_POINTS_new());
    PointHandle point(DIST_POINT_new());
    PointNameHandle where(DIST_POINT_NAME_new());
    GeneralNamesHandle names(sk_GENERAL_NAME_new_null());
    if (!points || !point || !where || !names) return outOfMemory();
    for (const auto& url : urls) {
        auto name = uriName(url);
        if (!name || sk_GENERAL_NAME_push(names.get(), name.get()) == 0) return outOfMemory();
        static_cast<void>(name.release());
    }
    where->type = 0; // fullName
    where->name.fullname = names.release();
    point->distpoint = where.release();
    if (sk_DIST_POINT_push(points.get(), point.get()) == 0) return outOfMemory();
    static_cast<void>(point.release());
    return encode<&i2d_CRL_DIST_POINTS>(points.get());
}

Status addAccess(AUTHORITY_INFO_ACCESS* list, int method, const std::vector<std::string>& urls)
{
    if (const auto checked = checkUrls(urls); !checked) return checked;
    for (const auto& url : urls) {
        DescriptionHandle description(ACCESS_DESCRIPTION_new());
        auto name = uriName(url);
        if (!description || !name) return outOfMemory();
        GENERAL_NAME_free(description->location);
        description->location = name.release();
        ASN1_OBJECT_free(description->method);
        description->method = OBJ_nid2obj(method);
        if (sk_ACCESS_DESCRIPTION_push(list, description.get()) == 0) return outOfMemory();
        static_cast<void>(description.release());
    }
    return {};
}

} // namespace

Result<Extension> distributionPointsExtension(const std::vector<std::string>& crlUrls)
{
    auto der = pointsDer(crlUrls);
    if (!der) return der.error();
    return Extension{std::string(oid::crlDistributionPoints), false, *std::move(der)};
}

Result<Extension> freshestCrlExtension(const std::vector<std::string>& deltaUrls)
{
    auto der = pointsDer(deltaUrls);
    if (!der) return der.error();
    return Extension{std::string(oid::freshestCrl), false, *std::move(der)};
}

Result<Extension> authorityAccessExtension(
    const std::vector<std::string>& issuerUrls, const std::vector<std::string>& ocspUrls)
{
    if (issuerUrls.empty() && ocspUrls.empty())
        return Error{ErrorKind::InvalidInput, "authority information access needs an address"};
    const AccessHandle list(sk_ACCESS_DESCRIPTION_new_null());
    if (!list) return outOfMemory();
    if (auto added = addAccess(list.get(), NID_ad_ca_issuers, issuerUrls); !added)
        return added.error();
    if (auto added = addAccess(list.get(), NID_ad_OCSP, ocspUrls); !added) return added.error();
    return Extension{std::string(oid::authorityInformationAccess), false,
        encode<&i2d_AUTHORITY_INFO_ACCESS>(list.get())};
}

} // namespace perennial::x509
