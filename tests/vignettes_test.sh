#!/bin/sh
# The 150 vignettes are whole: encounter and answer each, counts by set, pointers and kinds that exist.
set -eu
/usr/bin/python3 - <<'PY'
import glob, json, re
root = 'fixtures/vignettes'
words = set(re.findall(r'`([a-z0-9_]+)`', open(root + '/README.md').read().split('## kinds')[1].split('## tables')[0]))
sets = {}
folders = sorted(glob.glob(root + '/[0-9][0-9][0-9]-*'))
assert [f.split('/')[-1][:3] for f in folders] == ['%03d' % i for i in range(1, 151)]
for f in folders:
    lines = open(f + '/encounter.json').read().splitlines()
    assert len(lines) == 1, f
    e, a = json.loads(lines[0]), json.load(open(f + '/answer.json'))
    assert e['v'] == 'enc.v1' and e['enc'] == a['enc'] == 'V-' + f.split('/')[-1][:3], f
    assert len(e['note']['text']) > 60 and a['why'], f
    assert all(1 <= p <= len(a['dx']) for l in a['lines'] for p in l['dx']), f
    assert all(re.fullmatch(r'[A-Z]\d[0-9A-Z]{1,5}', d['code']) for d in a['dx']), f
    assert all(t['kind'] in words and t['words'] for t in a['told']), f
    assert a['dx'] or a['held'], f
    sets[a['set']] = sets.get(a['set'], 0) + 1
assert sets == {'em': 40, 'modifier': 30, 'obstetric-injury-neoplasm': 20, 'visit': 60}, sets
PY
echo ok
