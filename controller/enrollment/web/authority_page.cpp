#include "controller/enrollment/web/pages.h"

namespace perennial::enrollment::server::web {

namespace {

void addLink(Html& html, Literal before, std::size_t renewal, Literal after)
{
    html.markup("<li><a href=\"").markup(before).number(static_cast<std::int64_t>(renewal));
    html.markup(after).markup("</a></li>\n");
}

} // namespace

Html authorityPage(const AuthorityFacts& facts)
{
    // AD CS has this line in a script; programs only look for its text.
    Html html("<!-- var nRenewals=");
    html.number(static_cast<std::int64_t>(facts.highestRenewal));
    html.markup("; -->\n<p>To trust certificates of <strong>").text(facts.name);
    html.markup("</strong>, install its chain. Compare the fingerprint with the one that your "
                "administrator gave you.</p>\n<dl>\n<dt>SHA-256 fingerprint</dt><dd><code>");
    html.text(facts.sha256).markup("</code></dd>\n<dt>Expires</dt><dd>");
    html.text(toRfc3339(facts.notAfter)).markup("</dd>\n</dl>\n<h2>CA certificate</h2>\n<ul>\n");
    const auto n = facts.highestRenewal;
    addLink(html, "certnew.cer?ReqID=CACert&amp;Renewal=", n,
        "&amp;Enc=b64\">CA certificate, base64 (PEM)");
    addLink(html, "certnew.cer?ReqID=CACert&amp;Renewal=", n, "&amp;Enc=bin\">CA certificate, DER");
    html.markup("</ul>\n<h2>Certificate chain</h2>\n<ul>\n");
    addLink(html, "certnew.p7b?ReqID=CACert&amp;Renewal=", n,
        "&amp;Enc=b64\">CA certificate chain, PKCS #7 in base64");
    addLink(html, "certnew.p7b?ReqID=CACert&amp;Renewal=", n,
        "&amp;Enc=bin\">CA certificate chain, PKCS #7");
    html.markup("</ul>\n<h2>Revocation lists</h2>\n");
    if (!facts.hasBaseList && !facts.hasDeltaList)
        return html.markup("<p>This server has no revocation list to hand out.</p>\n");
    html.markup("<ul>\n");
    if (facts.hasBaseList)
        addLink(html, "certcrl.crl?Type=base&amp;Renewal=", n, "&amp;Enc=bin\">Latest base CRL");
    if (facts.hasDeltaList)
        addLink(html, "certcrl.crl?Type=delta&amp;Renewal=", n, "&amp;Enc=bin\">Latest delta CRL");
    return html.markup("</ul>\n");
}

} // namespace perennial::enrollment::server::web
