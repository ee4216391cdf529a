// Pictures go from one page to the next: files outlive a page only in IndexedDB.

const STORE = "handed";

function finish(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function store() {
  const opening = indexedDB.open("tujian", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return (await finish(opening)).transaction(STORE, "readwrite").objectStore(STORE);
}

/** Keeps `sources` ({name, file} or {name, url}) for the next page that asks. */
export async function hand(sources) {
  await finish((await store()).put(sources, 0));
  return true;
}

/** What was handed over, once; none without. */
export async function takeHanded() {
  const kept = await store();
  const sources = (await finish(kept.get(0))) ?? [];
  if (sources.length) await finish(kept.delete(0));
  return sources;
}
