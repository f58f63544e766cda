/**
 * The script of the page: filter, keyboard, addresses, copying, theme, paper. It adds comfort to a page that can be
 * read without it, works on what is shown and holds no data of its own. It reads text and never makes markup of it.
 * The filter is not kept in the address: the part after # belongs to requirements, so that links to them stay short.
 */
export const script = `(() => {
'use strict';
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const said = byId('said');
root.classList.add('js');

const form = byId('filter');
const rows = all('.req').map((el) => ({ el, area: el.closest('.area'), report: el.closest('.rep') }));
const groups = all('.area,.rep');
const openedByFilter = new Set();

const textOf = (row) => {
  const name = row.report ? row.report.querySelector('h2').textContent : '';
  return (row.text ??= (name + ' ' + row.el.textContent).toLowerCase());
};
const checked = (name) => all('[name=' + name + ']:checked', form).map((box) => box.value);

const apply = () => {
  const words = byId('words').value.toLowerCase().split(/\\s+/).filter(Boolean);
  const states = checked('s');
  const levels = checked('l');
  const area = byId('area').value;
  const active = words.length + states.length + levels.length > 0 || area !== '';
  const live = new Set();
  let count = 0;
  for (const row of rows) {
    const fits = (states.length === 0 || states.includes(row.el.dataset.s)) &&
      (levels.length === 0 || levels.includes(row.el.dataset.l)) &&
      (area === '' || row.area.dataset.a === area) &&
      words.every((word) => textOf(row).includes(word));
    row.el.hidden = !fits;
    if (fits) {
      count += 1;
      live.add(row.area).add(row.report);
    }
  }
  for (const group of groups) {
    group.hidden = active && !live.has(group);
    if (!group.matches('.rep')) continue;
    if (active && !group.hidden && !group.open) {
      group.open = true;
      openedByFilter.add(group);
    }
    if (!active && openedByFilter.delete(group)) group.open = false;
  }
  root.classList.toggle('filtering', active);
  byId('shown').textContent = active ? count + ' of ' + rows.length + ' shown' : rows.length + ' requirements';
  byId('nothing').hidden = count > 0 || !active;
};

const clear = () => {
  form.reset();
  apply();
};

const reveal = () => {
  let id = '';
  try {
    id = decodeURIComponent(location.hash.slice(1));
  } catch {
    return;
  }
  const target = id && byId(id);
  if (!target || !target.matches('.req,.area,.rep')) return;
  if (form && target.closest('[hidden]')) clear();
  for (let at = target.closest('details'); at; at = at.parentElement.closest('details')) at.open = true;
  target.scrollIntoView({ block: 'start' });
  const summary = target.querySelector(':scope > summary');
  if (summary) summary.focus({ preventScroll: true });
};

if (form) {
  form.hidden = false;
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(apply));
  // The button is about to go; the keyboard must not be left nowhere.
  form.querySelector('[type=reset]').addEventListener('click', ({ detail }) => detail === 0 && byId('words').focus());
  all('.clear').forEach((button) => button.addEventListener('click', () => {
    clear();
    byId('words').focus();
  }));
  byId('foldall').addEventListener('click', (event) => {
    const open = event.target.textContent === 'Open all';
    for (const { el } of rows) if (!el.hidden) el.open = open;
    event.target.textContent = open ? 'Close all' : 'Open all';
  });
  apply();
}

const isShown = ({ el, report }) => !el.hidden && (!report || report.open);

const move = (from, step) => {
  const start = from.matches('summary') ? rows.findIndex(({ el }) => el === from.parentElement) : -1;
  for (let index = start + step; index >= 0 && index < rows.length; index += step) {
    if (isShown(rows[index])) return rows[index].el.firstElementChild.focus();
  }
  if (step < 0 && start >= 0) byId('words').focus();
};

document.addEventListener('keydown', (event) => {
  const { key, target } = event;
  if (!form || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const isTyping = target.matches('input:not([type=checkbox]),select');
  if (key === '/' && !isTyping) {
    event.preventDefault();
    byId('words').focus();
    byId('words').select();
  } else if (key === 'Escape' && target.id === 'words') {
    event.preventDefault();
    clear();
  } else if ((key === 'ArrowDown' || key === 'ArrowUp') && target.matches('#words,.req > summary')) {
    event.preventDefault();
    move(target, key === 'ArrowDown' ? 1 : -1);
  }
});

const pinRow = (pin) => {
  const area = byId(pin.closest('li').querySelector('a').hash.slice(1));
  return area && area.querySelectorAll('.req')[[...pin.parentElement.children].indexOf(pin)];
};

document.addEventListener('mouseover', ({ target }) => {
  if (!target.matches('.pins > i') || target.title) return;
  const row = pinRow(target);
  if (row) target.title = [...row.firstElementChild.children].map((part) => part.textContent).join(' ');
});

document.addEventListener('click', ({ target }) => {
  const pin = target.closest('.pins > i');
  const row = pin && pinRow(pin);
  if (row) location.hash = row.id;
  const link = target.closest('a[href^="#"]');
  if (row || (link && link.hash === location.hash)) reveal();
  const summary = target.closest('.req > summary');
  if (!summary || summary.parentElement.open) return;
  try {
    history.replaceState(null, '', '#' + summary.parentElement.id);
  } catch {
    // Some viewers show pages without an address.
  }
});
addEventListener('hashchange', reveal);
reveal();

for (const command of all('.cmd')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  // Shown by the style, so that the word is no text that the filter would find.
  button.dataset.word = 'Copy';
  button.setAttribute('aria-label', 'Copy the command');
  button.addEventListener('click', async () => {
    let word = 'Copied';
    try {
      await navigator.clipboard.writeText(command.textContent);
    } catch {
      getSelection().selectAllChildren(command);
      if (!document.execCommand('copy')) word = 'Selected';
    }
    button.dataset.word = said.textContent = word;
    setTimeout(() => {
      button.dataset.word = 'Copy';
      said.textContent = '';
    }, 2000);
  });
  command.after(button);
}

const theme = byId('theme');
const themes = ['auto', 'light', 'dark'];
theme.hidden = false;
theme.addEventListener('click', () => {
  const next = themes[(themes.indexOf(root.dataset.theme ?? 'auto') + 1) % themes.length];
  if (next === 'auto') delete root.dataset.theme;
  else root.dataset.theme = next;
  theme.textContent = 'Theme: ' + next;
});

let opened = [];
addEventListener('beforeprint', () => {
  opened = all('details:not([open])').filter((el) => !el.matches('[data-s=passed],[data-s=skipped],[data-s=blocked]'));
  for (const el of opened) el.open = true;
});
addEventListener('afterprint', () => {
  for (const el of opened) el.open = false;
});
})();`;
