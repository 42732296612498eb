#pragma once

#include "controller/enrollment/storage/enrollment_store.h"
#include "controller/enrollment/templates/certificate_template.h"
#include "controller/enrollment/web/disposition.h"
#include "controller/enrollment/web/html.h"

#include <string>
#include <vector>

// What stands between heading and footer of each page. Pure: facts in, HTML out.
namespace perennial::enrollment::server::web {

inline constexpr Literal noTemplates =
    "<p class=\"notice warn\">There is no certificate template that you may use. Ask the "
    "administrator of this service for the right to enrol.</p>\n";

Html homePage();
// Templates that the caller may enrol for.
using Offered = std::vector<const CertificateTemplate*>;
Html requestChoicePage();                       // certrqus.asp, certrqad.asp
Html submissionPage(const Offered& templates);  // certrqxt.asp
Html requestFormPage(const Offered& templates); // certrqma.asp
// What a form on certrqma.asp comes to: lines for a shell, and where to paste what they make.
Html recipePage(const CertificateTemplate& chosen, const std::vector<std::string>& lines);

Html pendingPage(const std::vector<RequestRecord>& requests);                     // certckpn.asp
Html certificatesPage(const std::vector<CertificateRecord>& list, TimePoint now); // certlist.asp

// certcarc.asp: one authority certificate for each renewal of the authority's key or certificate.
struct AuthorityFacts {
    std::string name;
    TimePoint notAfter;
    std::string sha256; // hex
    std::size_t highestRenewal = 0;
    bool hasBaseList = false;
    bool hasDeltaList = false;
};
Html authorityPage(const AuthorityFacts& facts);

// certfnsh.asp, by its disposition; the words that programs look for are in them
// (enrollment-protocol section 12).
Html issuedPage(const Disposition& disposition);
Html pendingResultPage(const Disposition& disposition);
Html deniedPage(const Disposition& disposition);
// certnew.cer and its like where there is no certificate.
Html statusPage(const Disposition& disposition);

Html messagePage(std::string_view foreignMessage); // what was wrong with a call

} // namespace perennial::enrollment::server::web
