// The first page: node floors live, last cycles. Reads the SSE stream; everything from clusters is set as text, never as
// markup.
'use strict';

const units = new Map();
const silos = new Map();
let token = sessionStorage.getItem('helix-token') || '';

function cell(row, text, className) {
  const td = row.insertCell();
  td.textContent = text;
  if (className) td.className = className;
  return td;
}

function bytes(count) {
  const sign = count < 0 ? '-' : '';
  let rest = Math.abs(count);
  for (const unit of ['B', 'KiB', 'MiB', 'GiB', 'TiB']) {
    if (rest < 1024 || unit === 'TiB') return sign + rest.toFixed(unit === 'B' ? 0 : 1) + ' ' + unit;
    rest /= 1024;
  }
  return '';
}

function stateOf(unit) {
  if (unit.break) return ['BREAK', 'bad'];
  if (unit.used === null) return ['no metrics', 'warn'];
  if (unit.stale) return ['stale', 'warn'];
  if (!unit.ready) return ['not ready', 'warn'];
  return unit.schedulable ? ['keeps its floor', 'ok'] : ['cordoned', 'warn'];
}

function meter(unit) {
  const div = document.createElement('div');
  div.className = 'meter' + (unit.break ? ' break' : '');
  div.setAttribute('role', 'meter');
  div.setAttribute('aria-valuemin', '0');
  div.setAttribute('aria-valuemax', '100');
  div.setAttribute('aria-valuenow', String(Math.round(unit.used_pct || 0)));
  div.setAttribute('aria-label', unit.unit + ' memory use in percent');
  const bar = document.createElement('i');
  bar.style.width = Math.min(100, unit.used_pct || 0) + '%';
  const mark = document.createElement('b');
  mark.style.left = 100 * unit.limit / unit.capacity + '%';
  div.append(bar, mark);
  return div;
}

function drawUnits() {
  const body = document.querySelector('#units tbody');
  body.replaceChildren();
  const sorted = [...units.values()].sort((a, b) => (a.target + '/' + a.unit).localeCompare(b.target + '/' + b.unit));
  const several = new Set(sorted.map((unit) => unit.target)).size > 1;
  for (const unit of sorted) {
    const row = body.insertRow();
    const named = unit.unit === unit.target || unit.unit.startsWith(unit.target + '/');  // a Docker host, or its GPU
    cell(row, several && !named ? unit.target + '/' + unit.unit : unit.unit);
    row.insertCell().append(meter(unit));
    cell(row, unit.used_pct === null ? '—' : unit.used_pct.toFixed(2) + ' %', 'number');
    cell(row, unit.used === null ? '—' : bytes(unit.limit - unit.used), 'number');
    const [text, className] = stateOf(unit);
    cell(row, text, className);
  }
}

function drawContainers() {
  const body = document.querySelector('#containers tbody');
  body.replaceChildren();
  document.querySelector('#silos').hidden = silos.size === 0;
  for (const [host, containers] of [...silos].sort((a, b) => a[0].localeCompare(b[0]))) {
    for (const one of containers) {
      const row = body.insertRow();
      cell(row, host);
      cell(row, one.name);
      cell(row, one.state, one.state === 'running' ? 'ok' : one.state === 'restarting' ? 'bad' : '');
      cell(row, one.used === null ? '—' : bytes(one.used), 'number');
      cell(row, one.limit === null ? 'none' : bytes(one.limit), 'number');
    }
  }
}

let drawing = false;
function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; drawUnits(); });
}

function addCycle(cycle, receipt) {
  const body = document.querySelector('#cycles tbody');
  const action = cycle.actions[0] || {};
  const row = body.insertRow(0);
  cell(row, new Date(cycle.at).toLocaleTimeString());
  cell(row, cycle.actions.map((one) => one.verb + ' ' + one.object).join(', '));
  cell(row, cycle.status, cycle.status === 'done' ? 'ok' : 'bad');
  cell(row, action.reason || '');
  cell(row, receipt === undefined ? '' : '#' + receipt, 'number');
  while (body.rows.length > 20) body.deleteRow(-1);
}

function fromReceipt(cycle) {
  return {
    at: cycle.ended_at || cycle.at,
    status: cycle.status,
    actions: cycle.actions.map((one) => ({
      verb: one.action.verb,
      object: one.action.object.kind + ' ' + (one.action.object.namespace ? one.action.object.namespace + '/' : '') + one.action.object.name,
      reason: one.verdict ? one.verdict.reason : '',
    })),
  };
}

async function get(path) {
  const answer = await fetch(path, {headers: token ? {Authorization: 'Bearer ' + token} : {}});
  if (answer.status === 401) {
    document.querySelector('#token-form').hidden = false;
    throw new Error('a token is needed');
  }
  if (!answer.ok) throw new Error(path + ': ' + answer.status);
  return answer;
}

function showLink(text, className) {
  const link = document.querySelector('#link');
  link.textContent = text;
  link.className = 'state ' + className;
}

function onEvent(type, text) {
  const event = JSON.parse(text);
  if (type === 'node.floor') {
    units.set(event.data.target + '/' + event.data.unit, event.data);
    drawSoon();
  } else if (type === 'silo.stats') {
    silos.set(event.data.target, event.data.containers);
    drawContainers();
  } else if (type === 'helix.cycle') {
    addCycle(event.data, event.data.receipt_seq);
  }
}

// EventSource cannot send a bearer token, so the stream is read with fetch; it resumes where it was cut.
async function follow() {
  let last = '';
  for (;;) {
    try {
      const headers = token ? {Authorization: 'Bearer ' + token} : {};
      if (last) headers['Last-Event-ID'] = last;
      const answer = await fetch('v1/stream?types=node.floor,silo.stats,helix.cycle', {headers});
      if (!answer.ok) throw new Error(String(answer.status));
      showLink('live', 'ok');
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const {value, done} = await reader.read();
        if (done) break;
        const frames = (rest + value).split('\n\n');
        rest = frames.pop();
        for (const frame of frames) {
          let type = '', data = [];
          for (const line of frame.split('\n')) {
            if (line.startsWith('id: ')) last = line.slice(4);
            if (line.startsWith('event: ')) type = line.slice(7);
            if (line.startsWith('data: ')) data.push(line.slice(6));
          }
          if (data.length && type !== 'gap') onEvent(type, data.join('\n'));
        }
      }
    } catch (problem) {
      showLink('not connected (' + problem.message + '), trying again', 'bad');
    }
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

async function begin() {
  const targets = (await (await get('v1/targets')).json()).items;
  document.querySelector('#targets').textContent = targets
    .map((one) => one.name + ' (' + one.kind + ', ' + one.address + ')').join(' · ');
  const cycles = (await (await get('v1/cycles?limit=20')).json()).items;
  for (const cycle of cycles.reverse()) addCycle(fromReceipt(cycle), cycle.ledger && cycle.ledger.receipt_seq);
  follow();
}

document.querySelector('#token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  token = document.querySelector('#token').value;
  sessionStorage.setItem('helix-token', token);
  event.target.hidden = true;
  begin().catch((problem) => showLink(problem.message, 'bad'));
});
begin().catch((problem) => showLink(problem.message, 'bad'));
