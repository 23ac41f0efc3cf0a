package responder

import "strings"

func set(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// countries are the two-letter top-level domains in use (IANA's root zone)
// and those in other scripts that fraud uses most.
var countries = set(`ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz
ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf
gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw
ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no
np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv
sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
рф рус бел укр срб бг мкд қаз 中国 中國 台灣 台湾 香港 भारत 한국 ไทย ελ ευ`)

// generic are the generic top-level domains that people use and abuse, and
// the reserved ones; any other counts with a scheme, with www. or a path.
var generic = set(`com net org info biz name pro edu gov mil int arpa aero asia cat coop jobs mobi museum post tel travel xxx
example test invalid localhost local onion
app dev page web site website online shop store shopping buy sale deals discount market marketing cheap bargains promo gift gifts
cards blog cloud host hosting email mail chat support help care center centre service services solutions agency company team group
link click live life world today news media digital network systems tech technology tools website space zone work works
club vip top xyz icu buzz fun games game play win winners bid loan loans cash money finance financial bank banking credit
creditcard insurance tax refund pay rewards exchange trade trading investments capital fund
delivery express parcel logistics cargo direct global international one plus best cool expert guide guru review reviews rocks
social community family email events directory domains download stream video tube photos photography pics pictures music
academy school university health clinic doctor dental pharmacy fit fashion clothing boutique jewelry shoes watch style beauty
auction auto cars car taxi rent rentals house homes apartments realty estate kitchen garden furniture tattoo restaurant cafe bar
pub pizza recipes coffee wine beer food farm pet dog horse city town berlin london paris nyc tokyo moscow москва сайт онлайн
amazon google apple microsoft lat lol mom men gdn rest cfd sbs bond quest autos beauty hair skin makeup monster cyou uno ink
wiki wtf zip mov bot foo gay now new nexus day ooo here dad esq prof moe ninja pink red blue black kim science party racing
date faith accountant cricket download review webcam men observer ads ltd llc inc gmbh limited holdings ventures 网址 网站 在线 公司
中文网 移动 ストア みんな コム セール クラウド`)

// spelledTops are the top-level domains that end a host whose dot is a word or
// stands between spaces: hardly an everyday word is among them.
var spelledTops = set(`com net org biz io uk example test shop store`)

// schemes are those that make a link without slashes.
var schemes = set(`tel mailto sms smsto javascript vbscript data whatsapp skype intent`)

// shorteners are hosts that only redirect.
var shorteners = set(`bit.ly t.co tinyurl.com goo.gl ow.ly buff.ly is.gd v.gd cutt.ly rb.gy rebrand.ly lnkd.in amzn.to a.co
s.id t.ly shorturl.at tiny.cc bl.ink short.io soo.gd x.co adf.ly bc.vc trib.al dlvr.it ift.tt fb.me youtu.be g.page wa.me t.me
m.me linktr.ee qr.ae clck.ru vk.cc u.to urlz.fr tiny.one shrtco.de surl.li snip.ly han.gl me2.do qrco.de kutt.it git.io
mcaf.ee aka.ms spoti.fi apple.co redd.it pin.it ebay.us wp.me db.tt j.mp po.st`)
