package console

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestModulesBecomeOneScript(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"main": "import { two } from \"./b.js\";\nimport { one } from \"./a.js\";\none(two());\n",
		"a":    "import { two } from \"./b.js\";\nconst own = two;\nexport async function one() {}\n",
		"b":    "export const own = 1;\nexport function two() {}\n",
		"loop": "import { x } from \"./pool.js\";\n", "pool": "import { y } from \"./loop.js\";\n",
		"star": "import * as a from \"./a.js\";\n", "default": "export default 1;\n", "lost": "import { x } from \"./nowhere.js\";\n",
	} {
		files["js/"+name+".js"] = &fstest.MapFile{Data: []byte(text)}
	}
	got, err := bundle(files, "js", "main")
	must(t, err)
	want := `const $b = (() => {
const own = 1;
function two() {}
return { own, two };
})();
const $a = (() => {
const { two } = $b;
const own = two;
async function one() {}
return { one };
})();
const $main = (() => {
const { two } = $b;
const { one } = $a;
one(two());
return {  };
})();
`
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
	for name, why := range map[string]string{"loop": "imports itself", "star": "import * as a", "default": "export default 1", "lost": "nowhere.js"} {
		if _, err := bundle(files, "js", name); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", name, err, why)
		}
	}
}
