(() => {
  "use strict";
  const model = JSON.parse(document.getElementById("model").dataset.model);
  const words = model.words;
  const settings = new Map(model.settings.map((each) => [each.key, each]));

  // Decimal numbers of 60 digits, ties to even: the arithmetic in which payments are worked out.
  const DIGITS = 60;
  const power = (n) => 10n ** BigInt(n);
  const size = (n) => (n < 0n ? -n : n);
  const length = (n) => (n === 0n ? 1 : size(n).toString().length);
  const drop = (units, places, mode) => {
    const unit = power(places);
    const whole = size(units) / unit;
    const rest = (size(units) % unit) * 2n;
    const up =
      mode === "down" ? false : rest > unit || (rest === unit && (mode === "half_up" || whole % 2n === 1n));
    return (units < 0n ? -1n : 1n) * (whole + (up ? 1n : 0n));
  };
  const held = (units, exponent, digits = DIGITS) => {
    const over = length(units) - digits;
    if (over <= 0) return { units, exponent };
    return held(drop(units, over, "half_even"), exponent + over, digits);
  };
  const decimal = (text) => {
    const [, sign, whole, part = "", times = "0"] = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(text);
    const units = BigInt(`${whole}${part}` || "0");
    return { units: sign === "-" ? -units : units, exponent: Number(times) - part.length };
  };
  const ZERO = decimal("0");
  const ONE = decimal("1");
  const level = (a, b) => {
    const exponent = Math.min(a.exponent, b.exponent);
    return [a.units * power(a.exponent - exponent), b.units * power(b.exponent - exponent), exponent];
  };
  const add = (a, b) => {
    const [one, two, exponent] = level(a, b);
    return held(one + two, exponent);
  };
  const multiply = (a, b) => held(a.units * b.units, a.exponent + b.exponent);
  const compare = (a, b) => {
    const [one, two] = level(a, b);
    return one < two ? -1 : one > two ? 1 : 0;
  };
  const divide = (a, b) => {
    const shift = Math.max(DIGITS + 2 + length(b.units) - length(a.units), 0);
    const units = a.units * power(shift);
    const whole = size(units) / size(b.units);
    const sign = units < 0n !== b.units < 0n ? -1n : 1n;
    const rest = size(units) % size(b.units) === 0n ? 0n : 1n; // a digit beyond, so that no tie is seen
    return held(sign * (whole * 10n + rest), a.exponent - b.exponent - shift - 1);
  };
  const isWhole = ({ units, exponent }) => exponent >= 0 || units % power(-exponent) === 0n;
  const significant = (value, digits) => (isWhole(value) ? value : held(value.units, value.exponent, digits));
  const rounded = ({ units, exponent }, decimals, mode) => {
    const over = -decimals - exponent;
    return over > 0
      ? { units: drop(units, over, mode), exponent: -decimals }
      : { units: units * power(-over), exponent: -decimals };
  };
  const textOf = ({ units, exponent }, decimals) => {
    const digits = rounded({ units, exponent }, decimals, "half_even").units;
    const text = size(digits).toString().padStart(decimals + 1, "0");
    const cut = text.length - decimals;
    return (digits < 0n ? "-" : "") + text.slice(0, cut) + (decimals ? `.${text.slice(cut)}` : "");
  };
  const plain = (number) => decimal(String(number));

  // The formulas of the statement: the same trees that gave the published payment.
  const worked = (tree, known) => {
    const [sign, ...parts] = tree;
    const of = (part) => worked(part, known);
    switch (sign) {
      case "number":
        return decimal(parts[0]);
      case "term":
      case "fact":
      case "line":
        return known[sign](...parts);
      case "if":
        return of(parts[0]).units !== 0n ? of(parts[1]) : of(parts[2]);
      case "significant":
        return significant(of(parts[0]), parts[1]);
      case "round":
        return rounded(of(parts[0]), parts[1], parts[2]);
      case ">=":
        return compare(of(parts[0]), of(parts[1])) >= 0 ? ONE : ZERO;
      case ">":
        return compare(of(parts[0]), of(parts[1])) > 0 ? ONE : ZERO;
      case "/":
        return divide(of(parts[0]), of(parts[1]));
      case "+":
        return parts.map(of).reduce(add, ZERO);
      case "*":
        return parts.map(of).reduce(multiply, ONE);
      case "min":
        return parts.map(of).reduce((a, b) => (compare(b, a) < 0 ? b : a));
      case "max":
        return parts.map(of).reduce((a, b) => (compare(b, a) > 0 ? b : a));
    }
    throw new Error(`no formula ${sign}`);
  };
  const resultsWith = (changes) => {
    const moved = {};
    for (const [name, result] of Object.entries(model.results)) {
      const asked = (part) => changes[`result.${name}.${part}`];
      const effect = asked("effect") ?? result.effect;
      const shift = effect === null ? 0 : effect - result.effect;
      const end = (part) => asked(part) ?? (result[part] === null ? null : shift ? result[part] + shift : result[part]);
      moved[name] = { effect, shift, conf_low: end("conf_low"), conf_high: end("conf_high"), count: asked("count") };
      moved[name].changed = ["effect", "conf_low", "conf_high", "count"].some((part) => asked(part) !== undefined);
    }
    return moved;
  };
  const factOf = (results, outcome, name) => {
    const stated = model.payment.facts[outcome][name];
    const result = results[outcome];
    if (!result || !result.changed) return decimal(stated);
    if (name === "count") return result.count === undefined ? decimal(stated) : plain(result.count);
    if (["effect", "conf_low", "conf_high"].includes(name)) return plain(result[name]);
    if (!result.shift) return decimal(stated);
    const before = Number(stated);
    if (name.startsWith("alternative ")) return plain(before + result.shift);
    if (name === "counterfactual") {
      const after = before + model.results[outcome].slope * result.shift;
      return plain(Math.max(after, model.least_level * Math.abs(before)));
    }
    return decimal(stated);
  };
  const paymentWith = (changes, results) => {
    const lines = {};
    const known = {
      term: (key) => {
        const number = changes[`payment.${key}`];
        return number === undefined ? decimal(settings.get(`payment.${key}`).exact) : plain(number);
      },
      fact: (outcome, name) => factOf(results, outcome, name),
      line: (name) => lines[name],
    };
    for (const { line, tree } of model.payment.lines) lines[line] = worked(tree, known);
    return { lines, total: Object.values(lines).reduce(add, ZERO) };
  };

  // The value map: what each row is worth year by year, and what that is worth now.
  const SHARES = ["deadweight", "displacement", "attribution", "leakage", "drop_off"];
  const BY_ROW = ["quantity", "proxy_value", ...SHARES, "duration"];
  const rateAt = (discount, year) => (discount === null ? model.value.rates[year - 1] : discount);
  const factorsTo = (years, discount, shift = 0) => {
    const factors = [1];
    let growth = 1;
    for (let year = 1; year <= years; year += 1) {
      growth *= 1 + Math.max(rateAt(discount, year) + shift, 0);
      factors.push(1 / growth);
    }
    return factors;
  };
  const presentOf = (rows, discount, shift, lead) => {
    const horizon = Math.max(...rows.map((row) => lead + row.start - 1 + row.duration));
    const factors = factorsTo(horizon - 1, discount, shift);
    let present = 0;
    for (const row of rows) {
      const kept = (1 - row.deadweight) * (1 - row.displacement) * (1 - row.attribution) * (1 - row.leakage);
      const impact = row.quantity * row.proxy_value * kept * row.multiplier;
      for (let k = 0; k < row.duration; k += 1) {
        const part = k === row.duration - 1 ? row.last_year : 1;
        present += impact * (1 - row.drop_off) ** k * part * factors[lead + row.start - 1 + k];
      }
    }
    return present;
  };
  const rowsWith = (changes, results) =>
    model.value.rows.map((before) => {
      const row = { ...before };
      const result = results[row.outcome];
      if (result && result.changed && row.scale !== null) {
        row.quantity = result.effect * row.scale;
        if (result.conf_low !== null) row.quantity_low = result.conf_low * row.scale;
        if (result.conf_high !== null) row.quantity_high = result.conf_high * row.scale;
      }
      for (const name of BY_ROW) row[name] = changes[`value.${row.id}.${name}`] ?? row[name];
      return row;
    });
  const laterMoved = (discount, shift) => {
    const own = factorsTo(model.value.furthest, model.value.discount);
    const other = factorsTo(model.value.furthest, discount, shift);
    return model.value.later.reduce((sum, [year, amount]) => sum + amount * (other[year] - own[year]), 0);
  };
  const investedWith = (changes, payment) => {
    const { value } = model;
    const stated = changes["value.other_inputs"];
    const discount = changes["value.discount"];
    const due = value.invested && payment ? Number(textOf(payment.total, model.payment.decimals)) : 0;
    if (stated !== undefined) return stated + due;
    if (discount !== undefined && value.later.length) return value.other_inputs + laterMoved(discount, 0) + due;
    return payment && payment.moved ? value.other_inputs + due : value.investment;
  };
  const tornadoOf = (rows, discount, investment) => {
    const { value } = model;
    const moves = [];
    const ratio = ({ with: changed = rows, rate = discount, shift = 0, lead = value.lead, put = null }) => {
      const moved = rate !== discount || shift !== 0;
      const into = put ?? (moved && value.later.length ? investment + laterFrom(rate, shift) : investment);
      return presentOf(changed, rate, shift, lead) / into;
    };
    const laterFrom = (rate, shift) => {
      const own = factorsTo(value.furthest, discount);
      const other = factorsTo(value.furthest, rate, shift);
      return value.later.reduce((sum, [year, amount]) => sum + amount * (other[year] - own[year]), 0);
    };
    const note = (row, name, low, high) =>
      moves.push({ row, name, low, high, swing: Math.abs(high - low) });
    const endsOf = (row, name) => value.ends[`${row}|${name}`];
    const only = (at, name, number) => rows.map((row, place) => (place === at ? { ...row, [name]: number } : row));
    const clip = (number) => Math.min(Math.max(number, 0), 1);
    rows.forEach((row, at) => {
      for (const name of BY_ROW) {
        const ends = endsOf(row.id, name);
        const matters = name === "deadweight" ? !row.estimated : !(name === "drop_off" && row.duration === 1);
        if (!ends && !matters) continue;
        const base = row[name];
        let pair = ends;
        if (!pair && name === "quantity" && row.quantity_low !== null && row.quantity_high !== null)
          pair = [row.quantity_low, row.quantity_high];
        else if (!pair && SHARES.includes(name)) pair = [Math.max(base - 0.25, 0), Math.min(base + 0.25, 1)];
        else if (!pair && name === "duration") pair = [Math.max(base - 1, 1), base + 1];
        else if (!pair) pair = [base * 0.75, base * 1.25].sort((a, b) => a - b);
        note(row.id, name, ...pair.map((end) => ratio({ with: only(at, name, end) })));
      }
    });
    for (const name of BY_ROW) {
      const ends = endsOf("all outcomes", name);
      const to = (row, end) => {
        if (name === "deadweight" && row.estimated) return 0;
        if (ends) return ends[end];
        if (SHARES.includes(name)) return clip(row[name] + [-0.25, 0.25][end]);
        if (name === "duration") return Math.max(row[name] + [-1, 1][end], 1);
        return row[name] * [0.75, 1.25][end];
      };
      const both = [0, 1].map((end) => ratio({ with: rows.map((row) => ({ ...row, [name]: to(row, end) })) }));
      note("all outcomes", name, ...both);
    }
    const put = endsOf("whole project", "investment") ?? [investment * 0.75, investment * 1.25];
    note("whole project", "investment", ...put.map((end) => ratio({ put: end })));
    const rates = endsOf("whole project", "discount");
    if (rates || discount !== null) {
      const pair = rates ?? [Math.max(discount - 0.01, 0), Math.min(discount + 0.01, 1)];
      note("whole project", "discount", ...pair.map((end) => ratio({ rate: end })));
    } else note("whole project", "discount", ...[-0.01, 0.01].map((shift) => ratio({ shift })));
    note("whole project", "lead", ...[0, 1].map((lead) => ratio({ lead })));
    return moves.sort((a, b) => b.swing - a.swing);
  };

  // What cannot be, in words, by the field that it is about.
  const problemsOf = (changes) => {
    const problems = [];
    const refuse = (key, text) => problems.push({ key, text });
    const at = (key) => changes[key] ?? settings.get(key).agreed;
    for (const [key, number] of Object.entries(changes)) {
      const setting = settings.get(key);
      if (!setting) throw new Error(`no setting ${key}`);
      const { least, most, above, whole, step } = setting;
      if (!Number.isFinite(number) || Math.abs(number) >= 1e15) refuse(key, words.number);
      else if (least !== null && most !== null && (number < least || number > most))
        refuse(key, `${words.between} ${least} ${words.and} ${most}`);
      else if (least !== null && number < least) refuse(key, `${words.least} ${least}`);
      else if (above && number === least) refuse(key, `${words.above} ${least}`);
      else if (whole && !Number.isInteger(number)) refuse(key, words.whole);
      else if (step && !isWhole(divide(plain(number), decimal(step)))) refuse(key, `${words.step} ${step}`);
    }
    if (problems.length) return problems;
    for (const [low, high, strictly] of model.orders) {
      const order = compare(plain(at(low)), plain(at(high)));
      if (order > 0 || (strictly && order === 0)) {
        const mine = low in changes ? low : high;
        const how = mine === low ? (strictly ? words.below : words.most) : strictly ? words.above : words.least;
        const other = mine === low ? high : low;
        refuse(mine, `${how} ${settings.get(other).label} (${at(other)})`);
      }
    }
    for (const [name, result] of Object.entries(resultsWith(changes))) {
      if (!result.changed || result.effect === null) continue;
      const outside =
        (result.conf_low !== null && result.conf_low > result.effect) ||
        (result.conf_high !== null && result.conf_high < result.effect);
      const key = ["effect", "conf_low", "conf_high"].map((part) => `result.${name}.${part}`).find((each) => each in changes);
      if (outside) refuse(key, words.inside);
    }
    return problems;
  };
  const at = (changes) => {
    const problems = problemsOf(changes);
    if (problems.length) return { problems };
    const results = resultsWith(changes);
    const answer = { problems };
    let payment = null;
    if (model.payment) {
      payment = paymentWith(changes, results);
      payment.moved = Object.keys(changes).some((key) => /^(payment|result)\./.test(key));
      answer.payment = textOf(payment.total, model.payment.decimals);
      answer.lines = Object.fromEntries(
        Object.entries(payment.lines).map(([name, amount]) => [name, textOf(amount, model.payment.decimals)]),
      );
    }
    if (model.value) {
      const rows = rowsWith(changes, results);
      const discount = changes["value.discount"] ?? model.value.discount;
      answer.investment = investedWith(changes, payment);
      if (!(answer.investment > 0)) {
        const key = Object.keys(changes).at(-1);
        return { problems: [{ key, text: words.invested }] };
      }
      answer.present = presentOf(rows, discount, 0, model.value.lead);
      answer.ratio = answer.present / answer.investment;
      answer.net = answer.present - answer.investment;
      answer.tornado = tornadoOf(rows, discount, answer.investment);
    }
    return answer;
  };
  window.whatIf = { at, settings: [...settings.keys()] };

  // The page.
  const grouped = (text) => {
    const [whole, part] = text.replace("-", "").split(".");
    const with_commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return part === undefined ? with_commas : `${with_commas}.${part}`;
  };
  const money = (text) => {
    const sign = text.startsWith("-") && /[1-9]/.test(text) ? "\u2212" : "";
    return `${sign}${model.currency}${grouped(text)}`;
  };
  const amount = (number, decimals) => money(number.toFixed(decimals));
  const fields = [...document.querySelectorAll("input[data-key]")];
  const sliders = [...document.querySelectorAll("input[data-for]")];
  const status = document.getElementById("status");
  const refused = document.getElementById("refused");
  const list = document.getElementById("changed");
  const back = document.getElementById("back");
  const cells = Object.fromEntries(
    [...document.querySelectorAll("[data-now]")].map((cell) => [cell.dataset.now, cell]),
  );
  const bars = document.querySelector("#moves tbody");
  const PLAIN = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
  const GROUPED = /^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/;
  const read = (field) => {
    const text = field.value.trim();
    return PLAIN.test(text) ? Number(text) : GROUPED.test(text) ? Number(text.replaceAll(",", "")) : NaN;
  };
  const isAgreed = (field) => field.value.trim() === field.dataset.agreed || read(field) === settings.get(field.dataset.key).agreed;
  const nameOf = ({ row, name }) =>
    row === "whole project" || row === "all outcomes"
      ? `${words.assumptions[name]}: ${row}`
      : `${words.assumptions[name]}: ${model.value.names[row]}`;
  const show = () => {
    const changed = fields.filter((field) => !isAgreed(field));
    const changes = Object.fromEntries(changed.map((field) => [field.dataset.key, read(field)]));
    const answer = at(changes);
    const wrong = new Map(answer.problems.map(({ key, text }) => [key, text]));
    fields.forEach((field) => {
      const key = field.dataset.key;
      field.toggleAttribute("aria-invalid", wrong.has(key));
      if (wrong.has(key)) field.setAttribute("aria-invalid", "true");
      field.closest(".setting").classList.toggle("changed", changed.includes(field));
    });
    sliders.forEach((slider) => {
      const field = document.getElementById(slider.dataset.for);
      if (Number.isFinite(read(field))) slider.value = field.value;
    });
    document.body.classList.toggle("is-changed", changed.length > 0);
    list.replaceChildren(
      ...changed.map((field) => {
        const { label, group } = settings.get(field.dataset.key);
        const line = document.createElement("li");
        line.textContent = `${group}. ${label}: ${field.value || words.nothing}, ${words.agreed} ${field.dataset.shown}`;
        return line;
      }),
    );
    refused.hidden = !wrong.size;
    refused.textContent = answer.problems
      .map(({ key, text }) => `${settings.get(key).group}. ${settings.get(key).label} ${text}.`)
      .join(" ");
    const now = (name, text) => {
      if (cells[name]) cells[name].textContent = wrong.size ? "\u2013" : changed.length ? text() : cells[name].dataset.agreed;
    };
    now("payment", () => money(answer.payment));
    now("ratio", () => amount(answer.ratio, 2));
    now("present", () => amount(answer.present, 0));
    now("investment", () => amount(answer.investment, 0));
    now("net", () => amount(answer.net, 0));
    const outcome = ["payment", "ratio"].filter((name) => cells[name]);
    status.textContent = wrong.size
      ? words.refused
      : changed.length
        ? `${words.not_published} ${outcome
            .map((name) => `${words[name]}: ${cells[name].textContent}, ${words.agreed} ${cells[name].dataset.agreed}.`)
            .join(" ")}`
        : words.as_agreed;
    if (bars && !wrong.size) {
      const shown = answer.tornado.slice(0, model.shown);
      const widest = shown.length ? shown[0].swing || 1 : 1;
      bars.replaceChildren(
        ...shown.map((move) => {
          const row = document.createElement("tr");
          const head = document.createElement("th");
          head.scope = "row";
          head.textContent = nameOf(move);
          const ends = document.createElement("td");
          const [low, high] = [move.low, move.high].sort((a, b) => a - b);
          ends.className = "num";
          ends.textContent = `${amount(low, 2)} ${words.to} ${amount(high, 2)}`;
          const drawn = document.createElement("td");
          const bar = document.createElement("div");
          bar.className = "bar";
          bar.style.width = `${Math.max((100 * move.swing) / widest, 0.5)}%`;
          drawn.append(bar);
          row.append(head, ends, drawn);
          return row;
        }),
      );
    }
  };
  fields.forEach((field) => {
    field.disabled = false;
    field.value = field.dataset.agreed;
    field.addEventListener("input", show);
  });
  sliders.forEach((slider) => {
    slider.disabled = false;
    slider.addEventListener("input", () => {
      document.getElementById(slider.dataset.for).value = slider.value;
      show();
    });
  });
  back.addEventListener("click", () => {
    fields.forEach((field) => (field.value = field.dataset.agreed));
    show();
    status.focus();
  });
  document.getElementById("without").hidden = true;
  document.getElementById("with").hidden = false;
  show();
})();
