'use strict';
for (const table of document.querySelectorAll('table.sorted')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    const value = row => {
      const cell = row.cells[column];
      return 'v' in cell.dataset ? Number(cell.dataset.v) : cell.textContent;
    };
    button.addEventListener('click', () => {
      const now = head.getAttribute('aria-sort');
      // Numbers begin with the largest, names with the first.
      const up = now === null ? !head.classList.contains('number') : now === 'descending';
      const rows = [...table.tBodies[0].rows].sort((one, other) => {
        const a = value(one), b = value(other);
        const order = typeof a === 'number' ? a - b : a.localeCompare(b);
        return up ? order : -order;
      });
      heads.forEach(other => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      table.tBodies[0].append(...rows);
    });
  });
}
