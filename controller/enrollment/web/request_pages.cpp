#include "controller/enrollment/web/pages.h"

namespace perennial::enrollment::server::web {

namespace {

// Scrapers read the template's name from the second field of an option.
Html templateChoice(const Offered& templates)
{
    Html html(
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

// The form and its fields are AD CS's by name, so that whoever fills it in by program can.
constexpr Literal pasteFields =
    "<form method=\"post\" action=\"certfnsh.asp\" enctype=\"multipart/form-data\">\n"
    "<input type=\"hidden\" name=\"Mode\" value=\"newreq\">\n"
    "<div class=\"field\">\n<label for=\"CertRequest\">Request, in base64 (PKCS #10, or PKCS #7 "
    "for a renewal)</label>\n<textarea id=\"CertRequest\" name=\"CertRequest\" rows=\"12\" "
    "spellcheck=\"false\" autocomplete=\"off\" aria-describedby=\"request-hint\"></textarea>\n"
    "<p class=\"hint\" id=\"request-hint\">With or without its lines BEGIN and END.</p>\n</div>\n"
    "<div class=\"field\">\n<label for=\"CertFile\">Or a file with the request</label>\n"
    "<input type=\"file\" id=\"CertFile\" name=\"CertFile\" "
    "accept=\".csr,.req,.pem,.p10,.p7b,.p7s,.der,.txt\" aria-describedby=\"file-hint\">\n"
    "<p class=\"hint\" id=\"file-hint\">PEM or DER, at most 256 KiB.</p>\n</div>\n";

} // namespace

Html homePage()
{
    return Html(
        "<p>Here you request certificates, collect those that were "
        "approved, and download the certificate and the revocation lists of the certification "
        "authority.</p>\n<h2>What would you like to do?</h2>\n<ul>\n"
        "<li><a href=\"certrqxt.asp\">Submit a request</a>: a PKCS #10 request, or a renewal as "
        "PKCS #7</li>\n"
        "<li><a href=\"certrqma.asp\">Make a request with a form</a>: names and kind of key, and "
        "what to run on the machine that will use it</li>\n"
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
        "<li><a href=\"certrqma.asp\">Make a request with a form</a>: template, names and kind of "
        "key</li>\n</ul>\n"
        "<p class=\"notice\">This service makes no keys: a private key never leaves the machine "
        "that uses it. The form gives you the commands that make key and request there.</p>\n");
}

Html submissionPage(const Offered& templates)
{
    Html html;
    if (templates.empty()) html.markup(noTemplates);
    html.markup(
        "<p>Paste a request or choose its file. Never send a private key: the request alone is "
        "enough. <a href=\"certrqma.asp\">Make a request with a form</a>.</p>\n");
    html.markup(pasteFields);
    html.add(templateChoice(templates));
    return html.markup(
        "<div class=\"field\">\n<label for=\"CertAttrib\">Additional Attributes</label>\n"
        "<textarea id=\"CertAttrib\" name=\"CertAttrib\" rows=\"3\" spellcheck=\"false\" "
        "autocomplete=\"off\" aria-describedby=\"attributes-hint\"></textarea>\n"
        "<p class=\"hint\" id=\"attributes-hint\">One a line, <code>Name:Value</code>. Only "
        "<code>CertificateTemplate</code> is accepted; names belong in the request itself.</p>\n"
        "</div>\n<p><button type=\"submit\">Submit the request</button></p>\n</form>\n");
}

Html recipePage(const CertificateTemplate& chosen, const std::vector<std::string>& lines)
{
    Html html("<p>Run this in a shell on the machine that will use the key. It makes a file with "
              "what you chose, a key and a request for the template <strong>");
    html.text(chosen.displayName).markup("</strong>. The key stays there.</p>\n<pre><code>");
    for (const auto& line : lines)
        html.text(line).markup("\n");
    html.markup("</code></pre>\n<h2>Submit what it made</h2>\n<p>Paste the file that ends in "
                "<code>.csr</code>, or choose it. Never send the key.</p>\n");
    html.markup(pasteFields);
    return html.markup("<p><button type=\"submit\">Submit the request</button></p>\n</form>\n");
}

} // namespace perennial::enrollment::server::web
