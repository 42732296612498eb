#include "controller/enrollment/web/pages.h"

namespace perennial::enrollment::server::web {

namespace {

// Scrapers read the template's name from the second field of an option.
Html templateChoice(const Offered& templates)
{
    Html html;
    html.markup(
        "<div class=\"field\">\n<label for=\"lbCertTemplateID\">Certificate template</label>\n"
        "<select name=\"lbCertTemplate\" id=\"lbCertTemplateID\" "
        "aria-describedby=\"template-hint\">\n");
    for (const auto* offered : templates) {
        html.markup("<option value=\"E;").text(offered->name).markup(";").text(offered->oid);
        html.markup("\">").text(offered->displayName).markup("</option>\n");
    }
    html.markup(
        "<option value=\"N;;\">The one that the request names</option>\n</select>\n"
        "<p class=\"hint\" id=\"template-hint\">A renewal names its template itself: choose "
        "the last entry.</p>\n</div>\n");
    return html;
}

Html keysOf(const CertificateTemplate& offered)
{
    Html html;
    bool first = true;
    for (const auto& algorithm : offered.keyAlgorithms) {
        if (!first) html.markup(", ");
        first = false;
        html.text(algorithm);
        if (algorithm == "rsa")
            html.markup(" (").number(offered.minimumRsaBits).markup(" bits or more)");
    }
    return html;
}

Html templateTable(const Offered& templates)
{
    Html html("<div class=\"scroll\">\n<table>\n<caption>Templates that you may use</caption>\n"
              "<thead><tr><th scope=\"col\">Template</th><th scope=\"col\">Keys</th>"
              "<th scope=\"col\">Valid for</th><th scope=\"col\">Decided by</th></tr></thead>\n"
              "<tbody>\n");
    for (const auto* offered : templates) {
        html.markup("<tr><td>").text(offered->displayName).markup("<br><code>").text(offered->name);
        html.markup("</code></td><td>").add(keysOf(*offered)).markup("</td><td>");
        html.text(perennial::toText(offered->validity)).markup("</td><td>");
        if (offered->managerApproval)
            html.markup("a certificate manager");
        else
            html.markup("the template's rules, at once");
        html.markup("</td></tr>\n");
    }
    return html.markup("</tbody>\n</table>\n</div>\n");
}

constexpr Literal noTemplates =
    "<p class=\"notice warn\">There is no certificate template that you may use. Ask the "
    "administrator of this service for the right to enrol.</p>\n";

} // namespace

Html homePage()
{
    return Html(
        "<p>Here you request certificates with a request made elsewhere, collect those that were "
        "approved, and download the certificate and the revocation lists of the certification "
        "authority.</p>\n<h2>What would you like to do?</h2>\n<ul>\n"
        "<li><a href=\"certrqxt.asp\">Submit a request</a>: a PKCS #10 request, or a renewal as "
        "PKCS #7</li>\n"
        "<li><a href=\"certrqma.asp\">Make a key and a request</a> on the machine that will use "
        "them</li>\n"
        "<li><a href=\"certckpn.asp\">See the status of a pending request</a></li>\n"
        "<li><a href=\"certlist.asp\">List your certificates</a> and when they expire</li>\n"
        "<li><a href=\"certcarc.asp\">Download the CA certificate, its chain or a CRL</a></li>\n"
        "</ul>\n");
}

Html requestChoicePage()
{
    return Html(
        "<ul>\n<li><a href=\"certrqxt.asp\">Submit a request</a> that you have: PKCS #10 in base64 "
        "or as a file, or a renewal as PKCS #7</li>\n"
        "<li><a href=\"certrqma.asp\">Make a key and a request</a>: how to, with the keys that "
        "your templates allow</li>\n</ul>\n"
        "<p class=\"notice\">This service makes no keys. A private key never leaves the machine "
        "that "
        "uses it, so a form that only asks for names could not give you a usable "
        "certificate.</p>\n");
}

Html submissionPage(const Offered& templates)
{
    Html html;
    if (templates.empty()) html.markup(noTemplates);
    html.markup(
        "<p>Paste a request or choose its file. Never send a private key: the request alone is "
        "enough. <a href=\"certrqma.asp\">How to make a request</a>.</p>\n"
        "<form method=\"post\" action=\"certfnsh.asp\" enctype=\"multipart/form-data\">\n"
        "<input type=\"hidden\" name=\"Mode\" value=\"newreq\">\n"
        "<div class=\"field\">\n<label for=\"CertRequest\">Request, in base64 (PKCS #10, or PKCS "
        "#7 "
        "for a renewal)</label>\n<textarea id=\"CertRequest\" name=\"CertRequest\" rows=\"12\" "
        "spellcheck=\"false\" autocomplete=\"off\" aria-describedby=\"request-hint\"></textarea>\n"
        "<p class=\"hint\" id=\"request-hint\">With or without its lines BEGIN and "
        "END.</p>\n</div>\n"
        "<div class=\"field\">\n<label for=\"CertFile\">Or a file with the request</label>\n"
        "<input type=\"file\" id=\"CertFile\" name=\"CertFile\" "
        "accept=\".csr,.req,.pem,.p10,.p7b,.p7s,.der,.txt\" aria-describedby=\"file-hint\">\n"
        "<p class=\"hint\" id=\"file-hint\">PEM or DER, at most 256 KiB.</p>\n</div>\n");
    html.add(templateChoice(templates));
    return html.markup("<p><button type=\"submit\">Submit the request</button></p>\n</form>\n");
}

Html keyElsewherePage(const Offered& templates)
{
    Html html("<p class=\"notice\">This service makes no keys and takes none. Make the key on the "
              "machine "
              "that will use it, and send only the request.</p>\n");
    if (templates.empty())
        html.markup(noTemplates);
    else
        html.add(templateTable(templates));
    return html.markup(
        "<h2>With OpenSSL</h2>\n<p>An elliptic curve key (<code>ec-p256</code>), and a request for "
        "one name:</p>\n<pre><code>openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
        "-noenc \\\n  -keyout server.key -out server.csr -subj \"/CN=server.example.com\" \\\n"
        "  -addext \"subjectAltName=DNS:server.example.com\"</code></pre>\n"
        "<p>An RSA key: <code>-newkey rsa:3072</code> in place of <code>-newkey ec -pkeyopt "
        "ec_paramgen_curve:P-256</code>.</p>\n"
        "<h2>With certreq on Windows</h2>\n<pre><code>certreq -new request.inf server.csr</code>"
        "</pre>\n<p>The key stays in the machine's store. When the certificate is there: "
        "<code>certreq -accept certnew.cer</code>.</p>\n"
        "<p>Then <a href=\"certrqxt.asp\">submit the request</a>.</p>\n");
}

} // namespace perennial::enrollment::server::web
